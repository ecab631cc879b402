/** A window that waits for scrolling. Part of the second file. */

/**
 * Call when the visitor has scrolled so far, for the first time.
 * @param {number} trigger Percents of the page. Versions of release 1.0.0 have pixels, which were rarely as few as a hundred.
 * @param {() => void} done
 */
export function whenScrolled(trigger, done) {
  const look = () => {
    const far = document.documentElement.scrollHeight - innerHeight;
    const isThere = scrollY && scrollY >= (trigger > 100 ? trigger : (far * trigger) / 100);
    if (far > 0 && !isThere) return; // a page that cannot scroll is asked at once
    done();
    done = () => {}; // the listener stays
  };
  addEventListener('scroll', look);
  look(); // the visitor may have scrolled while this file was loading
}
