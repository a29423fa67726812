// Run by Node's own test runner, see node-test.test.ts.
import test from 'node:test';
import { memory } from '@sluice/memory';
import { conformance } from '@sluice/testing/conformance';

const broken = process.env.BROKEN === 'yes';

conformance({
  test,
  open: ({ clock }) => {
    const backend = memory({ clock });
    if (broken) backend.renew = async () => true;
    return backend;
  },
});
