// The design's arrows, held by `npm run arrows`. A folder may reach only what is written here.
const rooms = [
  'base',
  'spectra',
  'forest',
  'explain',
  'sae',
  'concepts',
  'compact',
  'bundle',
  'onboard',
  'link',
  'ground',
  'flash',
  'cli',
];

/** Our own rooms that a room may import besides itself. */
const only = (room, allowed) => ({
  name: `${room}-imports`,
  comment: `sdk/${room} may import of ours only: ${allowed.join(', ') || 'nothing'}`,
  severity: 'error',
  from: { path: `^sdk/${room}/` },
  to: {
    path: '^(sdk|sim)/',
    pathNot: [room, ...allowed].map((to) => (to.includes('/') ? `^sdk/${to}` : `^sdk/${to}/`)),
  },
});

export default {
  forbidden: [
    only('base', []),
    only('link', []),
    only('onboard', [
      'base',
      'link',
      'bundle',
      'spectra',
      'forest/forest\\.ts',
      'forest/predict\\.ts',
      'sae/encode\\.ts',
    ]),
    only('ground', ['base', 'link', 'concepts/reader\\.ts', 'sae/decode\\.ts', 'bundle']),
    ...['spectra', 'forest', 'explain', 'sae', 'concepts', 'compact', 'bundle', 'flash'].map((room) => ({
      name: `${room}-is-offline`,
      comment: 'Offline rooms never reach into what flies, the ground or the command line',
      severity: 'error',
      from: { path: `^sdk/${room}/` },
      to: { path: '^(sdk/(onboard|ground|cli)|sim)/' },
    })),
    {
      name: 'by-the-door',
      comment: "The command line and the simulator come in by a room's index.ts",
      severity: 'error',
      from: { path: '^(sdk/cli|sim)/' },
      to: { path: '^sdk/[^/]+/[^/]+', pathNot: ['^sdk/cli/', '^sdk/[^/]+/index\\.ts$'] },
    },
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'declared',
      comment: 'Flight and ground code uses only declared packages',
      severity: 'error',
      from: { path: '^(sdk|sim)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev', 'unknown'] },
    },
    {
      name: 'rooms-are-known',
      severity: 'error',
      from: {},
      to: { path: '^sdk/', pathNot: rooms.map((room) => `^sdk/${room}/`) },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
