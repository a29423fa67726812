import { vi } from 'vitest';
import { bullmqSuite } from './support/suite.js';

vi.mock('bullmq', () => import('bullmq-5'));

bullmqSuite('5', () => import('bullmq'));
