// A tracking API that counts: POST takes a batch, GET /count tells how many events came. Prints its
// URL; ends with its parent.
import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

let count = 0;
const server = createServer((request, response) => {
  if (request.method === 'GET') return void response.end(String(count));
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    // Counting keys costs the sink less than parsing, and it shares the machine with whom it
    // measures.
    count += text.toString('latin1').split('"messageId":').length - 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}');
  });
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on('end', () => process.exit()).resume();
