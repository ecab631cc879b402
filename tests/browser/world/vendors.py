"""Vendors' snippets as they are sold, in our words: the same technique, other code.

Each library writes into ``log`` what it has been told, and takes over its queue as the real one does. ``HOST`` is the
vendor's address. A page that uses the vendor later does so with ``use``.
"""

from dataclasses import dataclass

LOG = "window.log ??= [];"

# The loader of most: a script of its own, before the first script of the page.
BEFORE_FIRST = """
  var made = document.createElement('script');
  made.async = true;
  made.src = 'HOST/%s';
  var first = document.getElementsByTagName('script')[0];
  first.parentNode.insertBefore(made, first);"""


@dataclass(frozen=True, slots=True)
class Vendor:
    """``files`` are the scripts at the vendor's; all of them are requested, each once. ``log`` ends with ``use``."""

    snippet: str
    files: dict[str, str]
    use: str
    log: tuple[str, ...]


VENDORS = {
    "a tag with a queue of arguments": Vendor(
        """<script async src="HOST/tag.js?id=G-1"></script>
        <script>
          window.dataLayer = window.dataLayer || [];
          function gtag() { dataLayer.push(arguments); }
          gtag('js', new Date());
          gtag('config', 'G-1');
        </script>""",
        {
            "tag.js": """(() => {
              const heard = given => String(given) === '[object Arguments]' && log.push(given[0]);
              const queue = window.dataLayer = window.dataLayer || [];
              queue.forEach(heard);
              const {push} = queue;
              queue.push = (...given) => { given.forEach(heard); return push.apply(queue, given); };
            })();"""
        },
        "gtag('event', 'later')",
        ("js", "config", "event"),
    ),
    "a tag manager": Vendor(
        """<script>(function (w, name) {
          w[name] = w[name] || [];
          w[name].push({'gtm.start': new Date().getTime(), event: 'start'});"""
        + BEFORE_FIRST % "manager.js?id=GTM-1"
        + """
        })(window, 'managed');</script>
        <noscript><iframe src="HOST/manager.html" height="0" width="0"></iframe></noscript>""",
        {
            "manager.js": """(() => {
              const {push} = managed;
              const heard = ({event}) => event && log.push(event);
              managed.push = (...given) => { given.forEach(heard); return push.apply(managed, given); };
              managed.forEach(heard);
              const when = (isOver, target, event, name) => {
                const tell = () => managed.push({event: name});
                if (isOver) tell();
                else target.addEventListener(event, tell);
              };
              when(document.readyState !== 'loading', document, 'DOMContentLoaded', 'dom');
              when(document.readyState === 'complete', window, 'load', 'load');
            })();"""
        },
        "managed.push({event: 'later'})",
        ("start", "dom", "load", "later"),
    ),
    "a counter with an array of commands": Vendor(
        """<script>
          var _paq = window._paq = window._paq || [];
          _paq.push(['trackPageView']);
          _paq.push(['enableLinkTracking']);
          (function () {
            _paq.push(['setSiteId', '1']);"""
        + BEFORE_FIRST % "counter.js"
        + "})();</script>",
        {
            "counter.js": """(() => {
              const push = (...given) => given.forEach(([name]) => log.push(name));
              push(...window._paq);
              window._paq = {push};
            })();"""
        },
        "_paq.push(['trackGoal', 1])",
        ("trackPageView", "enableLinkTracking", "setSiteId", "trackGoal"),
    ),
    "a pixel with a function that is its own queue": Vendor(
        """<script>
          !function (w) {
            if (w.fbq) return;
            var n = w.fbq = function () { n.callMethod ? n.callMethod.apply(n, arguments) : n.queue.push(arguments); };
            if (!w._fbq) w._fbq = n;
            n.push = n; n.loaded = true; n.version = '2.0'; n.queue = [];"""
        + BEFORE_FIRST % "pixel.js"
        + """}(window);
          fbq('init', '1');
          fbq('track', 'PageView');
        </script>
        <noscript><img height="1" width="1" style="display:none" src="HOST/pixel.gif" alt=""></noscript>""",
        {
            "pixel.js": """fbq.callMethod = (...given) => log.push(given.join(' '));
              while (fbq.queue.length) fbq.callMethod(...fbq.queue.shift());"""
        },
        "fbq('track', 'Purchase')",
        ("init 1", "track PageView", "track Purchase"),
    ),
    "a recorder at the end of the head": Vendor(
        """<script>(function (h, o) {
          h.hj = h.hj || function () { (h.hj.q = h.hj.q || []).push(arguments); };
          h._hjSettings = {hjid: 1, hjsv: 6};
          var head = o.getElementsByTagName('head')[0];
          var made = o.createElement('script');
          made.async = 1;
          made.src = 'HOST/recorder-' + h._hjSettings.hjid + '.js';
          head.appendChild(made);
        })(window, document); hj('identify', '1');</script>""",
        {
            "recorder-1.js": """(() => {
              const queued = window.hj.q || [];
              window.hj = (...given) => log.push(given[0]);
              queued.forEach(given => hj(...given));
            })();"""
        },
        "hj('event', 'x')",
        ("identify", "event"),
    ),
    "a recorder that is named by its arguments": Vendor(
        """<script>(function (c, l, a, r, i) {
          c[a] = c[a] || function () { (c[a].q = c[a].q || []).push(arguments); };
          var t = l.createElement(r); t.async = 1; t.src = 'HOST/' + i + '.js';
          var y = l.getElementsByTagName(r)[0]; y.parentNode.insertBefore(t, y);
        })(window, document, 'clarity', 'script', 'project'); clarity('set', 'a', 'b');</script>""",
        {
            "project.js": """(() => {
              const queued = clarity.q;
              window.clarity = (...given) => log.push(given[0]);
              queued.forEach(given => clarity(...given));
            })();"""
        },
        "clarity('upgrade', 'x')",
        ("set", "upgrade"),
    ),
    "an insight tag with names that are not declared": Vendor(
        """<script>
          _partner_id = '1';
          window._partner_ids = window._partner_ids || [];
          window._partner_ids.push(_partner_id);
        </script><script>
          (function (l) {
            if (!l) {
              window.lintrk = function (a, b) { window.lintrk.q.push([a, b]); };
              window.lintrk.q = [];
            }"""
        + BEFORE_FIRST % "insight.min.js"
        + "})(window.lintrk); lintrk('track');</script>",
        {
            "insight.min.js": """log.push(...window._partner_ids);
              window.lintrk.q.forEach(([what]) => log.push(what));
              window.lintrk = what => log.push(what);"""
        },
        "lintrk('convert')",
        ("1", "track", "convert"),
    ),
    "a pixel whose methods are made in a loop": Vendor(
        """<script>!function (w, d, t) {
          w.PixelObject = t;
          var ttq = w[t] = w[t] || [];
          ttq.methods = ['page', 'track', 'identify'];
          ttq.setAndDefer = function (on, name) {
            on[name] = function () { on.push([name].concat(Array.prototype.slice.call(arguments, 0))); };
          };
          for (var i = 0; i < ttq.methods.length; i++) ttq.setAndDefer(ttq, ttq.methods[i]);
          ttq.load = function (id) {
            ttq._i = ttq._i || {}; ttq._i[id] = [];
            var o = d.createElement('script');
            o.type = 'text/javascript'; o.async = true; o.src = 'HOST/events.js?id=' + id;
            var a = d.getElementsByTagName('script')[0]; a.parentNode.insertBefore(o, a);
          };
          ttq.load('C1');
          ttq.page();
        }(window, document, 'ttq');</script>""",
        {
            "events.js": """(() => {
              const queue = window[window.PixelObject];
              log.push(...Object.keys(queue._i));
              queue.splice(0).forEach(([name]) => log.push(name));
              queue.methods.forEach(name => { queue[name] = () => log.push(name); });
            })();"""
        },
        "ttq.track('x')",
        ("C1", "page", "track"),
    ),
    "a loader that looks for its own tag": Vendor(
        """<script id="hs-script-loader" async defer src="HOST/1.js" data-portal="1"></script>
        <script>var _hsq = window._hsq = window._hsq || []; _hsq.push(['setPath', '/x']);</script>""",
        {
            "1.js": """(() => {
              const own = document.getElementById('hs-script-loader');
              log.push(`${document.currentScript === own} ${own.dataset.portal}`);
              const made = document.createElement('script');
              made.src = new URL('analytics.js', own.src);
              made.onload = () => (window._hsq ||= []).forEach(([name]) => log.push(name));
              own.after(made);
            })();""",
            "analytics.js": "window.hasAnalytics = true;",
        },
        "window._hsq.push(['x']); log.push(String(hasAnalytics))",
        ("true 1", "setPath", "true"),
    ),
    "a messenger that waits for load": Vendor(
        """<script>window.messengerSettings = {app_id: 'a'};
        (function () {
          var w = window;
          if (typeof w.Messenger === 'function') { w.Messenger('update', w.messengerSettings); return; }
          var i = function () { i.c(arguments); };
          i.q = []; i.c = function (args) { i.q.push(args); };
          w.Messenger = i;
          function l() {"""
        + BEFORE_FIRST % "widget.js"
        + """}
          if (w.attachEvent) w.attachEvent('onload', l);
          else w.addEventListener('load', l, false);
        })(); Messenger('boot', messengerSettings);</script>""",
        {
            "widget.js": """Messenger.q.forEach(given => log.push(given[0]));
              window.Messenger = what => log.push(what);"""
        },
        "Messenger('show')",
        ("boot", "show"),
    ),
    "a chat that refuses to be included twice": Vendor(
        """<script>!function () {
          var t = window.drift = window.drift || [];
          if (t.init) return;
          if (t.invoked) throw new Error('The snippet is included twice.');
          t.invoked = true;
          t.methods = ['identify', 'page', 'on'];
          t.factory = function (name) {
            return function () { var n = Array.prototype.slice.call(arguments); n.unshift(name); t.push(n); return t; };
          };
          t.methods.forEach(function (name) { t[name] = t.factory(name); });
          t.load = function (id) {
            var every = 3e5, now = Math.ceil(new Date() / every) * every;
            var o = document.createElement('script');
            o.type = 'text/javascript'; o.async = true; o.crossOrigin = 'anonymous';
            o.src = 'HOST/include-' + id + '.js?' + now;
            var i = document.getElementsByTagName('script')[0]; i.parentNode.insertBefore(o, i);
          };
        }();
        drift.SNIPPET_VERSION = '1';
        drift.load('x');
        drift.on('ready', function (api) { log.push(api); });</script>""",
        {
            "include-x.js": """log.push('loaded');
              drift.forEach(([name, event, call]) => name === 'on' && call(event));
              drift.methods.forEach(name => { drift[name] = () => log.push(name); });"""
        },
        "drift.page()",
        ("loaded", "ready", "page"),
    ),
    "a player that calls a function of the page": Vendor(
        """<div id="player"></div>
        <script>
          var tag = document.createElement('script');
          tag.src = 'HOST/iframe_api.js';
          var firstScriptTag = document.getElementsByTagName('script')[0];
          firstScriptTag.parentNode.insertBefore(tag, firstScriptTag);
          var player;
          function onPlayerAPIReady() {
            player = new YT.Player('player', {events: {onReady: function () { log.push('ready'); }}});
          }
        </script>""",
        {
            "iframe_api.js": """(() => {
              const made = document.createElement('script');
              made.src = new URL('widgetapi.js', document.currentScript.src);
              document.currentScript.before(made);
            })();""",
            "widgetapi.js": """window.YT = {Player: class {
              constructor(id, {events}) {
                const frame = document.createElement('iframe');
                frame.id = id;
                frame.title = 'Film';
                frame.onload = () => events.onReady();
                frame.src = 'HOST/embed.html';
                document.getElementById(id).replaceWith(frame);
              }
              play() { log.push('play'); }
            }};
            window.onPlayerAPIReady();""",
            "embed.html": "",
        },
        "player.play()",
        ("ready", "play"),
    ),
    "a player for a frame that is there": Vendor(
        """<iframe id="film" title="Film" src="HOST/video.html" width="320" height="180"></iframe>
        <script src="HOST/player.js"></script>
        <script>
          var film = new Player(document.getElementById('film'));
          film.on('play', function () { log.push('play'); });
        </script>""",
        {
            "player.js": """window.Player = class {
              constructor(frame) {
                if (!frame.src.startsWith('HOST')) throw new TypeError('The frame has no film.');
                log.push('made');
              }
              on(name, call) { this[name] = call; }
            };""",
            "video.html": "",
        },
        "film.play()",
        ("made", "play"),
    ),
    "a challenge that names its callback in its address": Vendor(
        """<script>var onChallenge = function () { log.push('rendered ' + challenge.render('box')); };</script>
        <script src="HOST/api.js?onload=onChallenge&amp;render=explicit" async defer></script>
        <div id="box"></div>""",
        {
            "api.js": """(() => {
              const {searchParams} = new URL(document.currentScript.src);
              window.challenge = {render: id => document.getElementById(id) && id, execute: () => log.push('executed')};
              const made = document.createElement('script');
              made.src = 'HOST/challenge__en.js';
              made.onload = () => window[searchParams.get('onload')]();
              document.head.appendChild(made);
            })();""",
            "challenge__en.js": "",
        },
        "challenge.execute()",
        ("rendered box", "executed"),
    ),
    "a snippet that waits for the document": Vendor(
        """<script>
          document.addEventListener('DOMContentLoaded', function (event) { log.push(event.type); }, {once: true});
          window.addEventListener('DOMContentLoaded', {handleEvent: function () { log.push('object'); }});
          window.addEventListener('load', function () { log.push('load'); });
        </script>
        <script src="HOST/started.js" onload="log.push('onload')" onerror="log.push('onerror')"></script>""",
        {"started.js": "document.addEventListener('DOMContentLoaded', () => log.push('external'));"},
        "log.push('later')",
        ("DOMContentLoaded", "object", "load", "external", "onload", "later"),
    ),
}
