// What all pages share: keys, and the panel of the bar, which closes by Escape or a click beside it.
'use strict';
addEventListener('keydown', event => {
  const panel = document.querySelector('details.here');
  if (event.key === 'Escape' && panel && panel.open) {
    panel.open = false;
    panel.querySelector('summary').focus();
  }
  const typing = event.target.closest('input, select, textarea');
  if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
    document.querySelector('.find input').focus();
    event.preventDefault();
  }
});
addEventListener('click', event => {
  const panel = document.querySelector('details.here');
  if (panel && panel.open && !panel.contains(event.target)) panel.open = false;
});
