// A press on the head of a column sorts its table, highest number or first text on top; another turns it round.
// Empty cells stay last.
for (const button of document.querySelectorAll('th button')) {
  button.onclick = () => {
    const head = button.parentNode, column = head.cellIndex, body = head.closest('table').tBodies[0];
    const before = head.getAttribute('aria-sort');
    const down = before ? before === 'ascending' : head.className === 'n';
    const value = row => row.cells[column].dataset.v ?? row.cells[column].textContent;
    const order = (a, b) => a === '' ? 1 : b === '' ? -1
        : (down ? -1 : 1) * (isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b);
    for (const other of head.parentNode.cells) other.removeAttribute('aria-sort');
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    body.append(...[...body.rows].sort((a, b) => order(value(a), value(b))));
  };
}
