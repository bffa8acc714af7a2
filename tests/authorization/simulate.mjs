// What the oracle says: a case a line on stdin (see decide.c), on stdout a line
// of JSON {answer, ignored}: the answer, or "error: …", and the context keys
// that the action does not have, which the oracle therefore left out.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(import.meta.url);
const { runSimulation } = require('@cloud-copilot/iam-simulate');

function simulation(given) {
  return {
    request: {
      principal: given.arns[0],
      action: given.action,
      resource: { resource: given.resource, accountId: given.owner },
      contextVariables: given.context,
    },
    identityPolicies: given.identity.map((policy, i) => ({
      name: `identity${i}`,
      policy,
    })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: given.resource_policy ?? given.trust,
    permissionBoundaryPolicies: given.boundary
      ? [{ name: 'boundary', policy: given.boundary }]
      : undefined,
    sessionPolicy: given.session,
  };
}

async function answer(given) {
  try {
    const result = await runSimulation(simulation(given), {
      simulationMode: 'Strict',
    });

    if (result.resultType !== 'single')
      return { answer: `error: ${JSON.stringify(result.errors ?? result)}` };
    return {
      answer: result.overallResult,
      ignored: result.result.ignoredContextKeys,
    };
  } catch (error) {
    return { answer: `error: ${error.message}` };
  }
}

for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line)))}\n`);
