-- A user with a table of its own, and the admin that
-- rotators/mysql/README.md asks for.  The passwords are the first values in
-- values/*.json; rotation replaces the user's at once.
CREATE DATABASE shop;
CREATE USER 'shop'@'%' IDENTIFIED BY 'first-value-of-shop-in-mariadb';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON shop.* TO 'shop'@'%';

CREATE USER 'keyturn'@'%' IDENTIFIED BY 'admin-of-the-test-mariadb';
GRANT CREATE USER ON *.* TO 'keyturn'@'%';
GRANT SELECT ON mysql.* TO 'keyturn'@'%';
