// Sends a chosen or dropped file to the app, as it is and in one piece.
"use strict";

(() => {
  const chooser = () => document.querySelector("input[type=file]");
  const tell = (words) => { document.querySelector(".taking").textContent = words; };

  function send(file) {
    const { limit, said } = chooser().dataset;
    if (file.size > Number(limit)) {
      tell(`${file.name} is larger than ${said}: kmu app --limit GB allows more, kmu identify reads any size.`);
      return;
    }
    const request = new XMLHttpRequest();
    request.open("PUT", `${location.pathname}/drop?name=${encodeURIComponent(file.name)}`);
    request.upload.onprogress = ({ loaded, total }) =>
      tell(`${file.name}: ${Math.round((100 * loaded) / Math.max(total, 1))} % taken`);
    // Why it was refused is said by the app itself.
    request.onload = () => tell("");
    request.onerror = () => tell(`${file.name} was not taken: the app does not answer.`);
    request.send(file);
  }

  document.addEventListener("change", ({ target }) => {
    if (target !== chooser() || !target.files.length) return;
    send(target.files[0]);
    target.value = "";
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const { items, files } = event.dataTransfer;
    if (items[0]?.webkitGetAsEntry?.()?.isDirectory) {
      tell("A folder cannot be dropped: kmu identify FOLDER reads it where it is.");
    } else if (files.length) {
      send(files[0]);
    }
  });
})();
