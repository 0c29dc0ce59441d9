// Writes points with InfluxDB's own client, which is told nothing of this server but its address and a key.
// usage: INFLUX_TOKEN=… node influx-stranger.mjs URL DEVICE COUNT    stdout: {"written":N} or {"statusCode":…,"message":…,"body":…}
import { InfluxDB, Point } from '@influxdata/influxdb-client';

const [url, device, count] = process.argv.slice(2);
const api = new InfluxDB({ url, token: process.env.INFLUX_TOKEN }).getWriteApi('city', 'readings', 'ns', {
  maxRetries: 0,
  gzipThreshold: 1000,
  writeFailed: (error) => {
    console.log(JSON.stringify({ statusCode: error.statusCode, message: error.message, body: error.body }));
    return Promise.resolve();
  },
});
const start = Date.now() - Number(count) * 1000;
for (let i = 0; i < Number(count); i++) {
  api.writePoint(new Point('environment_station').tag('device', device).floatField('temperature_celsius', 20 + i / 1000).timestamp(BigInt(start + i * 1000) * 1000000n));
}
await api.close();
console.log(JSON.stringify({ written: Number(count) }));
