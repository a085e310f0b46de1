// Not a module: it runs before the page is painted, so that a chosen theme does not flash the other one.
(() => {
  const key = 'paligemma.theme';
  const dark = matchMedia('(prefers-color-scheme: dark)');

  function stored() {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  function store(theme) {
    try {
      localStorage.setItem(key, theme);
    } catch {
      // A browser that keeps nothing follows its own setting at the next visit.
    }
  }

  function apply(theme) {
    if (theme === 'light' || theme === 'dark') {
      document.documentElement.dataset.theme = theme;
    }
  }

  apply(stored());
  addEventListener('DOMContentLoaded', () => {
    document.getElementById('theme').addEventListener('click', () => {
      const current = document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light');
      const other = current === 'dark' ? 'light' : 'dark';
      apply(other);
      store(other);
    });
  });
})();
