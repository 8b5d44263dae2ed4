// PGlite finds its files beside its modules: Vite must leave both where they are.
export default { optimizeDeps: { exclude: ['@electric-sql/pglite', 'counterfoil'] }, build: { target: 'es2022' } }
