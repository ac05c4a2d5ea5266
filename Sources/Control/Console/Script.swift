/// The console's one script. Every page works without it; it keeps figures fresh, copies, and lets one draw an image.
enum Script {
    static let source = """
        'use strict';
        // Figures: when the server says that something is new, fetch the page again and put its live parts in place of the old.
        let busy = false, wanted = false;
        const refresh = async () => {
          if (document.hidden) return;
          if (busy) { wanted = true; return; }
          busy = true;
          try {
            const reply = await fetch(location.href.replace(new RegExp('/try$'), ''), { headers: { 'x-slipway-refresh': '1' } });
            // Whoever is signed out meanwhile sees it.
            if (reply.status === 401) location.reload();
            if (reply.ok) put(new DOMParser().parseFromString(await reply.text(), 'text/html'));
          } catch (_) { /* the server is away; the stream says when it is back */ }
          setTimeout(() => { busy = false; if (wanted) { wanted = false; refresh(); } }, 1000);
        };
        const put = (fresh) => {
          for (const old of document.querySelectorAll('[data-live]')) {
            const next = fresh.getElementById(old.id);
            if (!next || old.contains(document.activeElement)) continue;
            for (const details of old.querySelectorAll('details[open][id]')) {
              const same = next.querySelector('#' + CSS.escape(details.id));
              if (same) same.open = true;
            }
            if (next.innerHTML !== old.innerHTML) old.innerHTML = next.innerHTML;
          }
        };
        if (document.querySelector('[data-live]')) {
          let stream = null, known = false;
          const listen = () => {
            if (document.hidden || stream) return;
            stream = new EventSource('/console/events');
            // The first word after a break may have been missed.
            stream.onopen = () => { if (known) refresh(); known = true; };
            stream.onmessage = refresh;
          };
          // A page that nobody sees gives its connection back.
          document.addEventListener('visibilitychange', () => {
            if (document.hidden && stream) { stream.close(); stream = null; } else listen();
          });
          addEventListener('load', listen);
        }

        // A button that changes something asks first.
        document.addEventListener('submit', (event) => {
          const question = event.target.dataset.confirm;
          if (question && !confirm(question)) event.preventDefault();
        });

        // "/" goes to the search field.
        document.addEventListener('keydown', (event) => {
          const field = document.querySelector('[data-search]');
          if (event.key !== '/' || !field || /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
          event.preventDefault();
          field.focus();
        });

        // Copying, where the browser lets us.
        if (navigator.clipboard) for (const button of document.querySelectorAll('[data-copy]')) {
          button.hidden = false;
          button.addEventListener('click', async () => {
            const before = button.innerHTML;
            await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
            button.textContent = 'Copied';
            setTimeout(() => { button.innerHTML = before; }, 1500);
          });
        }

        // Times: the reader's own, on pointing at them.
        for (const time of document.querySelectorAll('time[datetime]')) time.title = new Date(time.dateTime).toLocaleString();

        // A picture that is larger than its frame is moved by dragging.
        for (const stage of document.querySelectorAll('.stage')) {
          const marked = stage.querySelector('.marked');
          if (marked) {
            const box = marked.getBoundingClientRect(), frame = stage.getBoundingClientRect();
            stage.scrollLeft += box.left - frame.left - frame.width / 2 + box.width / 2;
            stage.scrollTop += box.top - frame.top - frame.height / 2;
          } else stage.scrollLeft = (stage.scrollWidth - stage.clientWidth) / 2;
          let from = null;
          stage.addEventListener('pointerdown', (event) => {
            if (event.pointerType === 'mouse') from = [event.clientX + stage.scrollLeft, event.clientY + stage.scrollTop];
          });
          stage.addEventListener('pointermove', (event) => {
            if (!from) return;
            stage.scrollLeft = from[0] - event.clientX;
            stage.scrollTop = from[1] - event.clientY;
          });
          addEventListener('pointerup', () => { from = null; });
        }

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
            if (reply.status === 401) { location.reload(); return; }
            const page = new DOMParser().parseFromString(await reply.text(), 'text/html');
            for (const name of ['answer', 'code-curl', 'code-python', 'code-swift']) {
              const next = page.getElementById(name), old = document.getElementById(name);
              if (next && old) old.innerHTML = next.innerHTML;
            }
          };
          canvas.addEventListener('pointerdown', (event) => { drawing = true; canvas.setPointerCapture(event.pointerId); dab(event); });
          canvas.addEventListener('pointermove', (event) => { if (drawing) dab(event); });
          canvas.addEventListener('pointerup', () => { drawing = false; });
          const clear = document.getElementById(canvas.dataset.clear);
          if (clear) clear.addEventListener('click', () => { ink.fill(0); paint(); write(); });
          const given = field.value.trim().split(/[\\s,]+/).map(Number);
          if (given.length === ink.length && given.every(Number.isFinite)) ink.set(given);
          for (const part of [canvas, canvas.nextElementSibling, clear]) if (part) part.hidden = false;
          paint();
        }
        """
}
