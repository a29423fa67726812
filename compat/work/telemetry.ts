import assert from 'node:assert/strict';
import { subscribe } from 'node:diagnostics_channel';
import { metrics } from '@opentelemetry/api';
import { createBuffer, type Telemetry } from '@sluice/core';
import { diagnosticsChannels } from '@sluice/core/telemetry';
import { memory } from '@sluice/memory';
import { openTelemetry } from '@sluice/opentelemetry';

/** What a service does that is watched. */
export const telemetrySteps: Readonly<Record<string, () => Promise<void>>> = {
  opentelemetry: () => countWith(openTelemetry({ meterProvider: metrics.getMeterProvider() })),

  async 'diagnostics channels'() {
    const names: string[] = [];
    subscribe('sluice:processed', (_, name) => void names.push(String(name)));
    await countWith(diagnosticsChannels());
    assert.deepEqual(names, ['sluice:processed']);
  },
};

async function countWith(telemetry: Telemetry): Promise<void> {
  let views = 0;
  const buffer = createBuffer({
    backend: memory(),
    telemetry,
    sink: async ({ entries }) => {
      views += entries[0]?.columns.views ?? 0;
    },
  });
  await buffer.incr('Page', { views: 3 }, { path: '/' });
  await buffer.processPending();
  await buffer.close();
  assert.equal(views, 3);
}
