/** Whether a topic belongs to a filter (MQTT 3.1.1, 4.7). */
export function matches(filter: string, topic: string): boolean {
  // Wildcards don't reach the server's own topics.
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}

/** `#` is the last level, and wildcards are whole levels. */
export function isFilter(text: string): boolean {
  const levels = text.split("/");
  return (
    text !== "" &&
    levels.every((level, index) => {
      if (level === "#") return index === levels.length - 1;
      return level === "+" || !/[+#]/.test(level);
    })
  );
}

export function isTopic(text: string): boolean {
  return text !== "" && !/[+#\0]/.test(text);
}
