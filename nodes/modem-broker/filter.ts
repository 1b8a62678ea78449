/** Whether a message on this topic is for who subscribed to this filter (MQTT 3.1.1, 4.7). */
export function matches(filter: string, topic: string): boolean {
  // 4.7.2: what a broker says of itself is not for a wildcard.
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  const levels = filter.split("/");
  const names = topic.split("/");
  for (const [index, level] of levels.entries()) {
    // It stands for its parent as well: `a/#` for `a`.
    if (level === "#") return true;
    if (index >= names.length) return false;
    if (level !== "+" && level !== names[index]) return false;
  }
  return levels.length === names.length;
}
