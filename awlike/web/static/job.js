// The log of a job while it runs: lines come as server-sent events, and a lost connection goes on after the last line.
'use strict';
addEventListener('DOMContentLoaded', () => {
  const log = document.getElementById('log'), live = document.getElementById('live');
  if (!log || !log.dataset.stream) return;
  const source = new EventSource(log.dataset.stream);
  const part = (name, text) => { const one = document.createElement(name); one.textContent = text; return one; };
  source.onopen = () => { live.textContent = 'live'; };
  source.onerror = () => { live.textContent = 'connection lost, trying again'; };
  source.onmessage = event => {
    const line = JSON.parse(event.data), row = document.createElement('p');
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 30;
    row.className = line.level.toLowerCase();
    row.append(part('time', line.date), ' ', part('b', line.level), ' ', part('span', line.text));
    log.append(row);
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  source.addEventListener('state', event => {
    const now = JSON.parse(event.data), state = document.getElementById('state'), bar = document.getElementById('progress');
    state.textContent = now.status;
    state.className = 'state ' + now.status;
    bar.max = now.total || 1;
    bar.value = now.done;
    document.getElementById('count').textContent = `${now.done} of ${now.total} steps` + (now.failed ? `, ${now.failed} failed` : '');
  });
  source.addEventListener('over', () => { source.close(); location.reload(); });
});
