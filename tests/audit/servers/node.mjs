// A receiver as one writes it with Node's own HTTP server: node node.mjs SOCKET. It checks what its author thought of,
// and prints its events.
import { createServer } from "node:http";
import { writeSync } from "node:fs";

const states = new Set(["primary", "backup", "fault"]);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const server = createServer((request, response) => {
  const answer = status => response.writeHead(status, { Connection: "close", "Content-Length": 0 }).end();
  const routerId = request.headers["x-neutron-router-id"], state = request.headers["x-neutron-state"];
  if (!["GET", "POST"].includes(request.method)) return answer(405);
  if (request.url !== "/") return answer(404);
  if (!uuid.test(routerId) || !states.has(state)) return answer(400);
  writeSync(1, JSON.stringify({ router_id: routerId, state }) + "\n");
  answer(200);
});
server.listen(process.argv[2]);
