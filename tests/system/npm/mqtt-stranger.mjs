// Publishes lines with the npm client "mqtt" in both versions of the protocol and every QoS, and says what it was told.
// usage: node mqtt-stranger.mjs URL TOPIC DEVICE [CA CERT KEY CLIENTID]    stdout: one JSON object a publish
import fs from 'node:fs';
import mqtt from 'mqtt';

const [url, topic, device, ca, cert, key, clientId] = process.argv.slice(2);
const tls = ca ? { ca: fs.readFileSync(ca), cert: fs.readFileSync(cert), key: fs.readFileSync(key) } : {};
let value = 0;
for (const protocolVersion of [4, 5]) {
  const client = await mqtt.connectAsync(url, { ...tls, protocolVersion, reconnectPeriod: 0, ...(clientId ? { clientId } : {}) });
  for (const qos of [0, 1, 2]) {
    value += 1;
    const stamp = BigInt(Date.now()) * 1000000n + BigInt(value); // two in one millisecond would be one point
    const answer = await client.publishAsync(topic, `environment_station,device=${device} temperature_celsius=${value} ${stamp}`, { qos });
    console.log(JSON.stringify({ protocolVersion, qos, value, reasonCode: answer?.reasonCode ?? null }));
  }
  await client.endAsync();
}
