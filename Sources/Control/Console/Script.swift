/// The console's one script. Every page works without it; it keeps figures fresh and lets one draw an image.
enum Script {
    static let source = """
        'use strict';
        // Figures: fetch the page again and put its live parts in place of the old ones.
        const refresh = async () => {
          if (document.hidden) return;
          try {
            const reply = await fetch(location.href, { headers: { 'x-slipway-refresh': '1' } });
            if (!reply.ok) return;
            const fresh = new DOMParser().parseFromString(await reply.text(), 'text/html');
            for (const old of document.querySelectorAll('[data-live]')) {
              const next = fresh.getElementById(old.id);
              if (next && next.innerHTML !== old.innerHTML && !old.contains(document.activeElement)) {
                old.innerHTML = next.innerHTML;
              }
            }
          } catch (_) { /* the server is away; try again at the next turn */ }
        };
        if (document.querySelector('[data-live]')) setInterval(refresh, 2000);

        // A destructive button asks first.
        document.addEventListener('submit', (event) => {
          const question = event.target.dataset.confirm;
          if (question && !confirm(question)) event.preventDefault();
        });

        // An image input: draw on a grid, write its numbers into the text field, ask the server.
        for (const canvas of document.querySelectorAll('canvas[data-grid]')) {
          const columns = Number(canvas.dataset.columns), rows = Number(canvas.dataset.rows);
          const top = Number(canvas.dataset.maximum), scale = canvas.width / columns;
          const field = document.getElementById(canvas.dataset.field), form = canvas.closest('form');
          const ink = new Float64Array(columns * rows), pen = canvas.getContext('2d');
          let drawing = false, timer = 0;
          const paint = () => {
            for (let i = 0; i < ink.length; i++) {
              const level = Math.round(255 * ink[i] / top);
              pen.fillStyle = `rgb(${level},${level},${level})`;
              pen.fillRect((i % columns) * scale, Math.floor(i / columns) * scale, scale - 1, scale - 1);
            }
          };
          const write = () => { field.value = Array.from(ink, (v) => Math.round(v * 10) / 10).join(' '); };
          const dab = (event) => {
            const box = canvas.getBoundingClientRect();
            const x = (event.clientX - box.left) / box.width * columns, y = (event.clientY - box.top) / box.height * rows;
            for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) {
              const distance = Math.hypot(c + .5 - x, r + .5 - y);
              const level = top * Math.max(0, Math.min(1, 1.35 - distance));
              if (level > ink[r * columns + c]) ink[r * columns + c] = level;
            }
            paint(); write();
            clearTimeout(timer); timer = setTimeout(ask, 150);
          };
          const ask = async () => {
            const reply = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
            const page = new DOMParser().parseFromString(await reply.text(), 'text/html');
            const next = page.getElementById('answer'), old = document.getElementById('answer');
            if (next && old) old.innerHTML = next.innerHTML;
          };
          canvas.addEventListener('pointerdown', (event) => { drawing = true; canvas.setPointerCapture(event.pointerId); dab(event); });
          canvas.addEventListener('pointermove', (event) => { if (drawing) dab(event); });
          canvas.addEventListener('pointerup', () => { drawing = false; });
          const clear = document.getElementById(canvas.dataset.clear);
          if (clear) clear.addEventListener('click', () => { ink.fill(0); paint(); write(); });
          const given = field.value.trim().split(/[\\s,]+/).map(Number);
          if (given.length === ink.length && given.every(Number.isFinite)) ink.set(given);
          canvas.hidden = false; if (clear) clear.hidden = false;
          paint();
        }
        """
}
