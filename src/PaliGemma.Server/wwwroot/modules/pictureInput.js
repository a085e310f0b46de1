/**
 * Takes pictures that are chosen, photographed, dropped or pasted.
 * @param {Document} page
 * @param {(file: File) => void} onPicture
 */
export function takePictures(page, onPicture) {
  for (const id of ['choose', 'photograph']) {
    const input = page.getElementById(id);
    input.addEventListener('change', () => {
      deliver(input.files);
      // Otherwise choosing the same file again would be no change.
      input.value = '';
    });
  }

  // Machines with a touch screen are those with a camera that looks away from their user.
  page.getElementById('photograph-place').hidden = navigator.maxTouchPoints === 0;

  const frame = page.getElementById('frame');
  const hasFiles = event => event.dataTransfer.types.includes('Files');
  // Text may be dropped into a field; anything else would make the browser leave the page.
  const isText = event => !hasFiles(event) && event.target.closest?.('input, textarea');
  page.addEventListener('dragover', event => {
    if (!isText(event)) {
      event.preventDefault();
      frame.classList.toggle('dropping', hasFiles(event));
    }
  });
  page.addEventListener('dragleave', event => {
    if (event.relatedTarget === null) {
      frame.classList.remove('dropping');
    }
  });
  page.addEventListener('drop', event => {
    if (!isText(event)) {
      event.preventDefault();
      frame.classList.remove('dropping');
      deliver(event.dataTransfer.files);
    }
  });
  page.addEventListener('paste', event => deliver(event.clipboardData.files));

  function deliver(files) {
    if (files.length > 0) {
      onPicture(files[0]);
    }
  }
}
