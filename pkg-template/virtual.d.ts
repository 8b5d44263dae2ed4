// Types of `virtual:counterfoil`, which the bundler plugins make. In a project:
// `/// <reference types="counterfoil/virtual" />`, or `"types": ["counterfoil/virtual"]` in tsconfig.json.

declare module 'virtual:counterfoil' {
  const manifest: import('counterfoil/embed').Manifest
  export default manifest
}

declare module 'virtual:counterfoil?*' {
  const manifest: import('counterfoil/embed').Manifest
  export default manifest
}
