-- The roles that rotators/postgres/README.md asks for: an owner, the first of
-- its two logins, and the admin.  The passwords are the first values in
-- values/*.json; rotation replaces the login's at once.
CREATE ROLE shop NOLOGIN;
CREATE ROLE shop_a LOGIN NOINHERIT PASSWORD 'first-value-of-shop-in-postgres';
GRANT shop TO shop_a;
ALTER ROLE shop_a SET role TO 'shop';

CREATE ROLE keyturn LOGIN CREATEROLE PASSWORD 'admin-of-the-test-postgres';
GRANT shop TO keyturn WITH ADMIN OPTION;
GRANT shop_a TO keyturn WITH ADMIN OPTION;

CREATE DATABASE shop OWNER shop;
