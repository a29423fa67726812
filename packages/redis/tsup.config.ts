import { defineConfig } from 'tsup';
import { base } from '../../tsup.base.js';

// The scripts are bundled as text.
export default defineConfig({ ...base, loader: { '.lua': 'text' } });
