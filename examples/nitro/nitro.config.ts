export default defineNitroConfig({ srcDir: 'server', compatibilityDate: '2026-04-26' })
