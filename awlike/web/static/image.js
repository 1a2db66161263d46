// The image of a frame: zoom by wheel and keys, move by dragging, value and place under the mouse.
// Without this script the same is done by links; the server draws each part anew, so that no pixel is invented.
'use strict';
addEventListener('DOMContentLoaded', async () => {
  const panel = document.getElementById('image');
  if (!panel) return;
  const frame = panel.querySelector('.frame'), picture = frame.querySelector('img'), form = panel.querySelector('form');
  const readout = document.getElementById('readout');
  const answer = await fetch(panel.dataset.shape + location.search);
  if (!answer.ok) return;
  const facts = await answer.json(), [height, width] = facts.shape;
  let zone = facts.zone.split(',').map(Number), drag = null, waiting = 0;
  const levels = () => {
    const given = new URLSearchParams(new FormData(form));
    given.set('zone', zone.join(','));
    return given;
  };
  const draw = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { picture.src = panel.dataset.preview + '?' + levels(); }, 60);
  };
  const clip = (start, size, most) => Math.round(Math.min(Math.max(0, start), most - size));
  const set = (x, y, across, down) => {
    across = Math.round(Math.min(Math.max(8, across), width));
    down = Math.round(Math.min(Math.max(8, down), height));
    const x0 = clip(x, across, width), y0 = clip(y, down, height);
    zone = [x0, x0 + across, y0, y0 + down];
    draw();
  };
  // The pixel under a place of the window; the picture is as large as fits, and its first row is below.
  const pixel = event => {
    const box = picture.getBoundingClientRect(), across = zone[1] - zone[0], down = zone[3] - zone[2];
    const scale = Math.min(box.width / across, box.height / down);
    const left = box.left + (box.width - across * scale) / 2, bottom = box.bottom - (box.height - down * scale) / 2;
    return [zone[0] + (event.clientX - left) / scale - 0.5, zone[2] + (bottom - event.clientY) / scale - 0.5, scale];
  };
  const zoom = (factor, x, y) => {
    const across = zone[1] - zone[0], down = zone[3] - zone[2];
    const partX = (x - zone[0]) / across, partY = (y - zone[2]) / down;
    set(x - partX * across * factor, y - partY * down * factor, across * factor, down * factor);
  };
  const middle = () => [(zone[0] + zone[1]) / 2, (zone[2] + zone[3]) / 2];
  const move = (right, up) => {
    const across = zone[1] - zone[0], down = zone[3] - zone[2];
    set(zone[0] + right * across, zone[2] + up * down, across, down);
  };
  const ways = {
    in: () => zoom(0.5, ...middle()), out: () => zoom(2, ...middle()), all: () => set(0, 0, width, height),
    left: () => move(-0.25, 0), right: () => move(0.25, 0), up: () => move(0, 0.25), down: () => move(0, -0.25),
  };
  const keys = { '+': 'in', '=': 'in', '-': 'out', 0: 'all', ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' };
  frame.addEventListener('keydown', event => {
    if (keys[event.key]) { ways[keys[event.key]](); event.preventDefault(); }
  });
  panel.querySelectorAll('[data-way]').forEach(link => link.addEventListener('click', event => {
    ways[link.dataset.way]();
    event.preventDefault();
  }));
  frame.addEventListener('wheel', event => {
    const [x, y] = pixel(event);
    zoom(event.deltaY < 0 ? 0.7 : 1 / 0.7, x, y);
    event.preventDefault();
  }, { passive: false });
  frame.addEventListener('pointerdown', event => {
    drag = [event.clientX, event.clientY, ...zone];
    frame.setPointerCapture(event.pointerId);
    event.preventDefault();
    frame.focus();
  });
  frame.addEventListener('pointerup', () => { drag = null; });
  let asked = 0, busy = false;
  const tell = async event => {
    const [x, y] = pixel(event), number = ++asked;
    if (busy) return;
    busy = true;
    try {
      const told = await fetch(`${panel.dataset.at}?x=${x.toFixed(2)}&y=${y.toFixed(2)}`);
      if (told.ok) readout.textContent = (await told.json()).text || 'beside the image';
    } finally {
      busy = false;
      if (number !== asked && last) tell(last);
    }
  };
  let last = null;
  frame.addEventListener('pointermove', event => {
    if (drag) {
      const scale = pixel(event)[2];
      set(drag[2] - (event.clientX - drag[0]) / scale, drag[4] + (event.clientY - drag[1]) / scale, drag[3] - drag[2], drag[5] - drag[4]);
    } else {
      last = event;
      tell(event);
    }
  });
  form.addEventListener('change', draw);
  form.addEventListener('submit', event => { draw(); event.preventDefault(); });
});
