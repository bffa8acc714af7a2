// npm's @aws-sdk/client-secrets-manager, driven by lines of JSON:
// {action, input, region, credentials} in, {status, fields | kind, message,
// headers} out.  The endpoint comes from AWS_ENDPOINT_URL_SECRETS_MANAGER.
import { createInterface } from "node:readline";

const { SecretsManagerClient, ...sdk } = await import(process.argv[2]);
const clients = new Map();

function clientOf(region, credentials) {
  const key = region + credentials.accessKeyId;
  if (!clients.has(key)) {
    const client = new SecretsManagerClient({ region, credentials, maxAttempts: 1 });
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const result = await next(args);
        context.seen.headers = result.response.headers;
        return result;
      },
      { step: "deserialize", priority: "low", name: "headers" },
    );
    clients.set(key, client);
  }
  return clients.get(key);
}

// The table has base64 where the SDK takes bytes.
function toBlobs(value) {
  if (Array.isArray(value)) return value.map(toBlobs);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [
      k,
      k === "SecretBinary" && typeof v === "string" ? Buffer.from(v, "base64") : toBlobs(v),
    ]),
  );
}

// What the SDK made of the answer, as it was on the wire.
function toWire(value) {
  if (value instanceof Date) return value.getTime() / 1000;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(toWire);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, v]) => v !== undefined)
      .map(([k, v]) => [k, toWire(v)]),
  );
}

async function call({ action, input, region, credentials }) {
  const seen = {};
  const client = clientOf(region, credentials);
  const command = new sdk[`${action}Command`](toBlobs(input));
  command.middlewareStack.add(
    (next, context) => (args) => {
      context.seen = seen;
      return next(args);
    },
    { step: "initialize", name: "seen" },
  );
  try {
    const { $metadata, ...fields } = await client.send(command);
    return { status: $metadata.httpStatusCode, fields: toWire(fields), headers: seen.headers };
  } catch (error) {
    const status = error.$metadata?.httpStatusCode;
    const headers = error.$response?.headers;
    if (status === undefined) return { broken: String(error.stack) };
    return { status, kind: error.name, message: error.message, headers };
  }
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(JSON.stringify(await call(JSON.parse(line))) + "\n");
