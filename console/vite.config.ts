import { defineConfig } from 'vite';

// Nothing inline (the content security policy allows no inline script, style or data: worker), nothing from elsewhere.
export default defineConfig({
  base: './',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500, // the map's library is one piece, loaded when a map is shown
  },
  server: { proxy: Object.fromEntries(['/api', '/readyz', '/livez', '/metrics', '/cap', '/open'].map(path => [path, 'http://127.0.0.1:8080'])) },
});
