// Keys of the queue: each button or link with data-key answers to that key. Without this script a click does the same.
'use strict';
addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.closest('input:not([type=checkbox]), select, textarea')) return;
  const key = event.key.toLowerCase();
  if (!/^[abcdnpz]$/.test(key)) return;
  const target = document.querySelector(`[data-key="${key}"]`);
  if (target) {
    target.click();
    event.preventDefault();
  }
});
