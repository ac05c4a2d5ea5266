/// The script of a model's page. Everything that it shows is text; nothing is loaded, and it is the only script that the
/// page's own policy lets run.
enum PageScript {
    static let text = #"""
        'use strict';
        (() => {
          const graph = document.getElementById('graph');
          const stage = document.getElementById('stage');
          const panel = document.getElementById('panel');
          const search = document.getElementById('search');
          const found = document.getElementById('found');
          if (!graph || !stage) return;
          const data = JSON.parse(document.getElementById('data').textContent);
          document.documentElement.classList.add('live');
          const whole = graph.viewBox.baseVal;
          const W = whole.width, H = whole.height;
          let view = { x: 0, y: 0, w: W, h: H };

          const frame = () => ({ w: stage.clientWidth || 1, h: stage.clientHeight || 1 });
          const show = () => graph.setAttribute('viewBox', `${view.x} ${view.y} ${view.w} ${view.h}`);
          const look = (x, y, scale) => {
            const f = frame();
            view = { w: f.w / scale, h: f.h / scale, x: x - f.w / scale / 2, y: y - f.h / scale / 2 };
            show();
          };
          const scale = () => frame().w / view.w;
          const fit = () => { const f = frame(); look(W / 2, H / 2, Math.min(f.w / W, f.h / H, 1.5)); };
          const start = () => {
            const f = frame(), all = Math.min(f.w / W, f.h / H, 1.5);
            if (all >= 0.7) return fit();
            const s = Math.max(all, Math.min(1, Math.max(0.7, f.w / W)));
            const first = document.querySelector('#boxes .box');
            const box = first ? first.transform.baseVal.getItem(0).matrix : { e: W / 2 };
            look(f.w / s >= W ? W / 2 : box.e + 60, f.h / s / 2, s);
          };
          const zoom = (by, px, py) => {
            const f = frame(), s = Math.min(8, Math.max(Math.min(f.w / W, f.h / H) / 2, scale() * by));
            const x = view.x + px * view.w / f.w, y = view.y + py * view.h / f.h;
            view = { w: f.w / s, h: f.h / s, x: x - px / s, y: y - py / s };
            show();
          };
          const middle = by => { const f = frame(); zoom(by, f.w / 2, f.h / 2); };

          graph.addEventListener('wheel', event => {
            event.preventDefault();
            const at = stage.getBoundingClientRect();
            zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX - at.left, event.clientY - at.top);
          }, { passive: false });
          let drag = null;
          graph.addEventListener('pointerdown', event => {
            drag = { x: event.clientX, y: event.clientY, view: { ...view }, moved: false };
          });
          graph.addEventListener('pointermove', event => {
            if (!drag) return;
            const dx = event.clientX - drag.x, dy = event.clientY - drag.y;
            if (!drag.moved && Math.hypot(dx, dy) < 4) return;
            if (!drag.moved) { drag.moved = true; graph.setPointerCapture(event.pointerId); graph.classList.add('moving'); }
            view.x = drag.view.x - dx / scale(); view.y = drag.view.y - dy / scale();
            show();
          });
          const drop = () => { setTimeout(() => { drag = null; }, 0); graph.classList.remove('moving'); };
          graph.addEventListener('pointerup', drop);
          graph.addEventListener('pointercancel', drop);

          const make = (tag, text, name) => {
            const element = document.createElement(tag);
            if (text !== undefined) element.textContent = text;
            if (name) element.className = name;
            return element;
          };
          const list = (title, rows) => {
            if (!rows.length) return;
            panel.append(make('h4', title));
            const dl = make('dl');
            for (const [key, value] of rows) dl.append(make('dt', key), make('dd', value));
            panel.append(dl);
          };
          let on = null;
          const close = () => { panel.hidden = true; if (on) on.classList.remove('on'); on = null; };
          const open = box => {
            close();
            on = box; box.classList.add('on');
            const one = data[box.id];
            if (!one) return;
            panel.replaceChildren();
            const button = make('button', '×', 'close');
            button.title = 'Close (Esc)'; button.addEventListener('click', close);
            panel.append(button, make('h3', one.title), make('div', one.name, 'soft'));
            list('Costs', one.costs || []);
            list('Attributes', one.attributes || []);
            list('Inputs', one.inputs || []);
            list('Outputs', one.outputs || []);
            for (const id of one.weights || []) {
              const row = document.getElementById(id);
              if (!row) continue;
              const cells = row.cells, picture = row.querySelector('svg');
              panel.append(make('h4', `Weight ${cells[0].textContent}`));
              if (picture) panel.append(picture.cloneNode(true));
              panel.append(make('div', `${cells[1].textContent} · ${cells[3].textContent} to ${cells[4].textContent}, mean `
                + `${cells[5].textContent}, deviation ${cells[6].textContent}`, 'soft'));
            }
            panel.hidden = false;
          };
          const centre = box => {
            const m = box.transform.baseVal.getItem(0).matrix, r = box.querySelector('rect');
            look(m.e + r.width.baseVal.value / 2, m.f + 22, Math.max(0.9, Math.min(scale(), 2)));
          };
          graph.addEventListener('click', event => {
            if (drag && drag.moved) return;
            const box = event.target.closest('.box');
            box ? open(box) : close();
          });
          document.getElementById('layers')?.addEventListener('click', event => {
            const box = document.getElementById(event.target.closest('tr')?.dataset.box);
            if (!box) return;
            stage.scrollIntoView({ block: 'nearest' }); centre(box); open(box);
          });

          let hits = [], place = -1;
          const seek = () => {
            for (const box of hits) box.classList.remove('hit');
            const word = search.value.trim().toLowerCase();
            hits = word ? [...document.querySelectorAll('#boxes .box')].filter(b => b.textContent.toLowerCase().includes(word)) : [];
            for (const box of hits) box.classList.add('hit');
            place = -1;
            found.textContent = word ? `${hits.length} found${hits.length ? ', Enter goes through them' : ''}` : '';
          };
          search.addEventListener('input', seek);
          search.addEventListener('keydown', event => {
            if (event.key !== 'Enter' || !hits.length) return;
            place = (place + (event.shiftKey ? hits.length - 1 : 1) + hits.length) % hits.length;
            found.textContent = `${place + 1} of ${hits.length}`;
            centre(hits[place]); open(hits[place]); search.focus();
          });
          document.addEventListener('keydown', event => {
            if (event.key === 'Escape') { close(); return; }
            if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
            const step = 60 / scale();
            const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
            if (event.key === '/') { event.preventDefault(); search.focus(); }
            else if (event.key === '+' || event.key === '=') middle(1.3);
            else if (event.key === '-') middle(1 / 1.3);
            else if (event.key === '0') fit();
            else if (moves[event.key] && document.activeElement === stage) {
              event.preventDefault(); view.x += moves[event.key][0]; view.y += moves[event.key][1]; show();
            }
          });
          document.getElementById('in').addEventListener('click', () => middle(1.3));
          document.getElementById('out').addEventListener('click', () => middle(1 / 1.3));
          document.getElementById('fit').addEventListener('click', fit);
          document.getElementById('theme').addEventListener('click', () => {
            const root = document.documentElement;
            const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
            root.dataset.theme = dark ? 'light' : 'dark';
          });
          let last = frame();
          new ResizeObserver(() => {
            const f = frame(), s = last.w / view.w;
            view.w = f.w / s; view.h = f.h / s; last = f; show();
          }).observe(stage);
          start();
          const named = location.hash.startsWith('#at=') && document.getElementById(location.hash.slice(4));
          if (named && named.classList.contains('box')) { centre(named); open(named); }
          if (location.hash.startsWith('#find=')) {
            try { search.value = decodeURIComponent(location.hash.slice(6)); } catch { search.value = ''; }
            seek();
          }
        })();
        """#
}
