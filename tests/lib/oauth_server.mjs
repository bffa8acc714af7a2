// An OAuth 2.0 server for the tests: oidc-provider, with rotation of refresh
// tokens and detection of their reuse, and two small ones beside it for what
// RFC 6749 allows and oidc-provider does not do.
//
//   /token, /token/introspection, /token/revocation   oidc-provider
//   /plain/token   keeps refresh tokens as they are and returns none
//   /grace/token   rotates; a token that was just used gets the same pair
//   /api/me        200 with a good access token of oidc-provider, else 401
//   /test/mint     a refresh token, as after a person's consent
//   /test/fault    what the next token requests run into, see `faults`
//   /test/seen     what has happened since the last call
//
// usage: node oauth_server.mjs HTTP-PORT HTTPS-PORT KEY CERTIFICATE

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { pathToFileURL } from 'node:url';

const [httpPort, httpsPort, keyFile, certificateFile] = process.argv.slice(2);
const { default: Provider } = await import(
  pathToFileURL(`${process.env.NODE_MODULES}/oidc-provider/lib/index.js`).href);

const SCOPE = 'openid offline_access email';
const clients = JSON.parse(process.env.CLIENTS);
const provider = new Provider(`http://127.0.0.1:${httpPort}`, {
  clients: clients.map((client) => ({
    redirect_uris: ['https://client.example/cb'],
    grant_types: ['authorization_code', 'refresh_token'],
    scope: SCOPE,
    ...client,
  })),
  rotateRefreshToken: true,
  scopes: SCOPE.split(' '),
  ttl: { AccessToken: 3600, RefreshToken: 86400, Grant: 86400, IdToken: 3600 },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  cookies: { keys: [randomBytes(16).toString('hex')] },
});

// ---- what the tests ask --------------------------------------------------

const fresh = () => ({ token: 0, introspection: 0, revoked: 0, held: 0,
                       auth: [], params: [] });
let seen = fresh();
let fault = { kind: 'none', times: 0 };
provider.on('grant.revoked', () => { seen.revoked += 1; });

async function mint({ client: id, accessToken }) {
  const client = await provider.Client.find(id);
  const grant = new provider.Grant({ accountId: 'a', clientId: id });
  grant.addOIDCScope(SCOPE);
  const grantId = await grant.save();
  const base = { accountId: 'a', client, grantId, scope: SCOPE,
                 gty: 'authorization_code', claims: {},
                 expiresWithSession: false };
  const minted = { refresh_token: await new provider.RefreshToken({
    ...base, authTime: Math.floor(Date.now() / 1000) }).save() };
  if (accessToken) {
    minted.access_token = await new provider.AccessToken(base).save();
  }
  return minted;
}

const grace = new Map(); // refresh token -> its pair, or null if unused

function small(pair) {
  return { token_type: 'bearer', ...pair };
}

const word = () => randomBytes(24).toString('base64url');

function plainToken(form) {
  return form.get('refresh_token')?.startsWith('plain-')
    ? [200, small({ access_token: word(), expires_in: '120' })]
    : [400, { error: 'invalid_grant' }];
}

function graceToken(form) {
  const old = form.get('refresh_token');
  if (!grace.has(old)) {
    return [400, { error: 'invalid_grant' }];
  }
  if (grace.get(old) === null) {
    const pair = small({ access_token: word(), refresh_token: word() });
    grace.set(old, pair);
    grace.set(pair.refresh_token, null);
  }
  return [200, grace.get(old)];
}

// ---- HTTP ----------------------------------------------------------------

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function answer(response, status, body, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers,
                               'content-length': Buffer.byteLength(text) });
  response.end(text);
}

// Each gets the response before anyone else does.  `true`: it has answered
// itself, the request goes no further.
const faults = {
  // These come after the request was processed: the token is spent.
  drop: (response) => {
    response.end = () => response.socket.destroy();
  },
  hold: (response) => {
    response.end = () => { seen.held += 1; };
  },
  truncate: (response) => {
    response.end = (body) => {
      response.write(String(body).slice(0, 10), () => {
        response.socket.destroy();
      });
    };
  },
  'failed-after': (response) => {
    const { end } = response;
    response.end = () => {
      response.statusCode = 502;
      response.setHeader('content-type', 'text/plain');
      response.setHeader('content-length', '11');
      end.call(response, 'bad gateway');
    };
  },
  // These come instead.
  'drop-before': (response) => { response.socket.destroy(); return true; },
  failed: (response) => { answer(response, 502, 'bad gateway'); return true; },
  busy: (response) => {
    answer(response, 503, '', { 'retry-after': '7' });
    return true;
  },
  'too-many': (response) => { answer(response, 429, ''); return true; },
  redirect: (response) => {
    answer(response, 307, '', { location: '/plain/token' });
    return true;
  },
  large: (response) => {
    answer(response, 200, { access_token: 'x'.repeat(70000) });
    return true;
  },
  html: (response) => {
    answer(response, 200, '<html>Please log in</html>');
    return true;
  },
  bytes: (response) => {
    response.writeHead(200);
    response.end(Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    return true;
  },
  empty: (response) => { answer(response, 200, {}); return true; },
  'error-in-200': (response) => {
    answer(response, 200, { error: 'bad_refresh_token' });
    return true;
  },
  echo: (response, body) => {
    const token = new URLSearchParams(body).get('refresh_token');
    answer(response, 400, { error: 'invalid_grant', error_description:
      `the token ${token} and "${token.slice(0, -3)}" are\r\nnot good` });
    return true;
  },
  'unknown-error': (response) => {
    answer(response, 400, { error: 'shiny_new_error' });
    return true;
  },
};

function takeFault() {
  if (fault.times === 0) return null;
  fault.times -= 1;
  return faults[fault.kind];
}

async function tokenRequest(request, response, path) {
  const body = await readBody(request);
  const form = new URLSearchParams(body);
  seen.token += 1;
  seen.auth.push(request.headers.authorization?.split(' ')[0]
    ?? (form.has('client_secret') ? 'post' : 'none'));
  seen.params.push([...form.keys()]);
  const take = takeFault();
  if (take?.(response, body)) return;
  if (path === '/plain/token') answer(response, ...plainToken(form));
  else if (path === '/grace/token') answer(response, ...graceToken(form));
  else {
    request.body = Object.fromEntries(form); // read by us: passed on parsed
    provider.callback()(request, response);
  }
}

async function me(request, response) {
  const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
  const found = await provider.AccessToken.find(token);
  answer(response, found ? 200 : 401, {});
}

const control = {
  '/test/mint': mint,
  '/test/fault': (asked) => { fault = asked; return {}; },
  '/test/grace': ({ refresh_token: token }) => {
    grace.set(token, null);
    return {};
  },
  '/test/seen': () => {
    const past = seen;
    seen = fresh();
    return past;
  },
};

async function serve(request, response) {
  const path = request.url.split('?')[0];
  if (path in control) {
    const asked = JSON.parse(await readBody(request) || '{}');
    answer(response, 200, await control[path](asked));
  } else if (path.endsWith('/token') && request.method === 'POST') {
    await tokenRequest(request, response, path);
  } else if (path === '/api/me') {
    await me(request, response);
  } else {
    if (path === '/token/introspection') seen.introspection += 1;
    provider.callback()(request, response);
  }
}

function onRequest(request, response) {
  serve(request, response).catch((failure) => {
    console.error(failure);
    response.destroy();
  });
}

http.createServer(onRequest).listen(Number(httpPort), '127.0.0.1');
https.createServer({ key: readFileSync(keyFile),
                     cert: readFileSync(certificateFile) }, onRequest)
  .listen(Number(httpsPort), '127.0.0.1');
