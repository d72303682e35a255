/** Drawn for this page, on a grid of 24. */
const PATHS = {
  mark: "M4 5h16v14H4zM4 12h16M12 5v14",
  new: "M12 5v14M5 12h14",
  model: "M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5",
  options: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  sun: "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2",
  moon: "M19 14.500A8 8 0 1 1 9.5 5a6.5 6.5 0 0 0 9.5 9.500z",
  auto: "M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16M12 4v16M12 8h5.500M12 12h8M12 16h5.5",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  camera: "M4 8h4l2-3h4l2 3h4v11H4zM12 10a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h10v10H9zM5 15V5h10",
  edit: "M5 19l1-4L16 5l3 3L9 18z",
  retry: "M19 12a7 7 0 1 1-2-5M19 4v4h-4",
  close: "M6 6l12 12M18 6L6 18",
  grid: "M4 4h16v16H4zM4 12h16M12 4v16",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
