/**
 * HTML page of a simulated video player. It has no film, only a clock, and posts the same events as
 * a real player.
 */
import type { Course } from '../courses/courses.service';
import { USERNAMES } from '../users/demo-user';

export function videoPage({ id, title, video }: Course): string {
  const users = USERNAMES.map((username) => `<option>${escapeHtml(username)}</option>`).join('');
  // Only "<" must be escaped in a script element, because it can start "</script>" or "<!--".
  const data = JSON.stringify({ course_id: id, duration: video.duration }).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
  <header>
    <h1>${escapeHtml(title)}</h1>
    <label>Watching as <select id="user">${users}<option value="">anonymous visitor</option></select></label>
  </header>
  <section class="player" aria-label="Video player">
    <div class="screen" id="screen"><span id="state">paused</span><strong id="time"></strong></div>
    <input id="bar" type="range" min="0" max="${video.duration}" step="0.1" value="0" aria-label="Position">
    <div class="buttons">
      <button id="back" type="button">&minus;10 s</button>
      <button id="play" type="button">Play</button>
      <button id="pause" type="button" disabled>Pause</button>
      <button id="forward" type="button">+10 s</button>
    </div>
  </section>
  <section>
    <h2>Events sent by this page</h2>
    <ol id="sent"></ol>
    <p id="status" role="status">Press Play.</p>
    <p><a href="/events">The events as recorded by the server</a></p>
  </section>
</main>
<script type="application/json" id="video">${data}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
  :root { color-scheme: light dark; --line: light-dark(#d9dce3, #3a3f4b); --accent: light-dark(#1f5fbf, #7fb0ff); }
  body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: light-dark(#f5f6f8, #16181d); color: light-dark(#1d2129, #e6e8ec); }
  main { max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
  header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline; justify-content: space-between; }
  h1 { margin: 0; font-size: 1.5rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
  .player { margin-top: 1rem; padding: 1rem; border: 1px solid var(--line); border-radius: 12px; background: light-dark(#fff, #1e2128); }
  .screen { display: grid; place-content: center; justify-items: center; gap: .25rem; aspect-ratio: 16 / 7; border-radius: 8px;
    color: #dfe6f3; background: linear-gradient(160deg, #243b5a, #0f1726); }
  .screen.playing { background: linear-gradient(160deg, #2f5f98, #142742); }
  .screen strong { font-size: 2.25rem; font-variant-numeric: tabular-nums; } #state { letter-spacing: .08em; opacity: .8; }
  #bar { width: 100%; margin: 1rem 0 .75rem; accent-color: var(--accent); }
  .buttons { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: center; }
  button, select { font: inherit; padding: .4rem .9rem; border: 1px solid var(--line); border-radius: 8px; background: inherit; color: inherit; }
  button { white-space: nowrap; } button:not(:disabled) { cursor: pointer; } button:disabled { opacity: .45; }
  #play:not(:disabled) { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #10131a); }
  ol { margin: 0; padding-left: 1.5rem; font: 14px/1.7 ui-monospace, monospace; overflow-wrap: anywhere; } a { color: var(--accent); }
`;

const SCRIPT = `
  const element = (id) => document.getElementById(id);
  const { course_id, duration } = JSON.parse(element('video').textContent);
  let position = 0, playing = false, dragging = false;

  // Keeps the order: events that occur during a request wait and are sent together in the next one.
  const pending = [];
  let sending = false;
  async function record(name, details) {
    const line = document.createElement('li');
    line.textContent = name + ' ' + JSON.stringify(details);
    element('sent').append(line);
    pending.push({ name, course_id, ...details });
    if (sending) return;
    sending = true;
    while (pending.length > 0) {
      const events = pending.splice(0, 100);
      element('status').textContent = await post(events.length === 1 ? events[0] : events);
    }
    sending = false;
  }
  async function post(body) {
    const headers = { 'content-type': 'application/json' };
    if (element('user').value) headers['x-demo-user'] = element('user').value;
    try {
      // With keepalive, the last event is sent even if the tab is closed.
      const response = await fetch('/video-events', { method: 'POST', keepalive: true, headers, body: JSON.stringify(body) });
      const answer = await response.json();
      return response.ok ? 'Recorded.' : 'Not recorded: ' + answer.message;
    } catch (error) {
      return 'Not recorded: The server cannot be reached.';
    }
  }

  const rounded = (time) => Math.round(time * 1000) / 1000;
  function show() {
    const clock = (time) => Math.floor(time / 60) + ':' + String(Math.floor(time % 60)).padStart(2, '0');
    element('time').textContent = clock(dragging ? Number(element('bar').value) : position) + ' / ' + clock(duration);
    element('state').textContent = playing ? 'playing' : 'paused';
    element('screen').className = playing ? 'screen playing' : 'screen';
    element('play').disabled = playing;
    element('pause').disabled = !playing;
    if (!dragging) element('bar').value = position;
  }
  function seek(time, type) {
    const old_time = rounded(position);
    position = Math.min(Math.max(time, 0), duration);
    if (rounded(position) !== old_time) record('seek_video', { old_time, new_time: rounded(position), type });
    show();
  }

  element('play').addEventListener('click', () => {
    if (position >= duration) position = 0;
    playing = true;
    record('play_video', { currentTime: rounded(position) });
    show();
  });
  element('pause').addEventListener('click', () => {
    playing = false;
    record('pause_video', { currentTime: rounded(position) });
    show();
  });
  element('back').addEventListener('click', () => seek(position - 10, 'onSkipSeek'));
  element('forward').addEventListener('click', () => seek(position + 10, 'onSkipSeek'));
  element('bar').addEventListener('input', () => { dragging = true; show(); });
  element('bar').addEventListener('change', () => { dragging = false; seek(Number(element('bar').value), 'onSlideSeek'); });

  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (playing) position = Math.min(position + (now - last) / 1000, duration);
    last = now;
    if (playing && position >= duration) {
      playing = false;
      record('stop_video', { currentTime: duration });
    }
    show();
  }, 200);
  show();
`;
