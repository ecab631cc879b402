import {dirname} from 'node:path';

const root = dirname(import.meta.dirname); // node_modules is beside this folder

export default {output: 'export', basePath: '/app', turbopack: {root}, outputFileTracingRoot: root};
