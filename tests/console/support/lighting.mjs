// A city with lamps and a little lighting: two streets, three programmes, Tết, a calendar on one of the streets.
import { passwordOf, Server } from './server.mjs';

export const registry = {
  zones: [],
  streets: [{ id: 'le-loi', name: 'Đường Lê Lợi', ward: 'Hạc Thành' }, { id: 'tran-phu', name: 'Đường Trần Phú', ward: 'Hàm Rồng' }],
  gateways: [{ id: 'gw-le-loi', name: 'Tủ Lê Lợi', street: 'le-loi', lat: 19.807, lon: 105.776 }, { id: 'gw-tran-phu', name: 'Tủ Trần Phú', street: 'tran-phu', lat: 19.82, lon: 105.79 }],
  devices: ['le-loi', 'tran-phu'].flatMap((street, n) => Array.from({ length: 6 }, (_, i) => ({
    id: `den-${street}-${i + 1}`, name: `Cột ${i + 1}`, kind: 'streetlight', gateway: `gw-${street}`, street, lat: 19.807 + n * 0.013 + i * 0.0004, lon: 105.776 + n * 0.014 }))),
};

const at = (at, level, minutes) => ({ at, level, ...(minutes ? { rampSeconds: minutes * 60 } : {}) });
export const programmes = {
  'duong-pho': { name: 'Đường phố', points: [at('sunset-10', 100, 10), at('22:30', 60, 15), at('00:30', 40), at('04:45', 70, 10), at('sunrise-5', 0, 5)] },
  'cong-vien': { name: 'Công viên', points: [at('sunset', 70, 5), at('23:00', 0)] },
  'dem-hoi': { name: 'Đêm hội', points: [at('sunset-30', 100), at('sunrise', 0, 10)] },
};

/** Speaks to the server as a person with a session does. */
export async function operator(server, name) {
  const signedIn = await fetch(`${server.url}/api/v1/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user: name, password: passwordOf(name) }) });
  const cookie = signedIn.headers.getSetCookie()[0].split(';')[0];
  const { csrf } = await signedIn.json();
  return async (method, path, body, status = 200) => {
    const answer = await fetch(`${server.url}/api/v1/lighting/${path}`, { method, headers: { cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' }, body: body === undefined ? null : JSON.stringify(body) });
    const text = await answer.text();
    if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : null;
  };
}

/** Programmes, Tết and a calendar; in force nowhere. */
export async function seed(ask) {
  for (const [id, programme] of Object.entries(programmes)) await ask('PUT', `programmes/${id}`, programme);
  await ask('PUT', 'holidays/tet', { name: 'Tết Nguyên đán', dates: ['2026-02-16', '2026-02-17', '2026-02-18', '2027-02-05', '2027-02-06', '2027-02-07'] });
  await ask('PUT', 'calendars/duong-chinh', { name: 'Đường chính', default: 'duong-pho', rules: [{ programme: 'dem-hoi', holidays: 'tet' }, { programme: 'dem-hoi', from: '12-24', to: '01-01' }] });
}

/** A server with that city, an operator of lighting, and somebody who may only look. */
export async function lightCity() {
  const server = await Server.start({ registry, users: { admin: 'admin', lan: 'lighting', 'khach': 'viewer' } });
  try {
    const lan = await operator(server, 'lan');
    await seed(lan);
    await lan('PUT', 'settings', { scope: 'street/le-loi', calendar: 'duong-chinh', minimum: 30 });
    return { server, lan };
  } catch (error) { await server.close(); throw error; }
}
