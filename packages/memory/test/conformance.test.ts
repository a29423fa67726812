import { memory } from '@sluice/memory';
import { conformance } from '@sluice/testing/conformance';
import { test } from 'vitest';

conformance({
  test,
  open: ({ clock }) => memory({ clock }),
  copy: async (backend) => {
    const snapshot = backend.snapshot();
    return async () => backend.restore(snapshot);
  },
});
