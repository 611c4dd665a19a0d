/** Name of the dashboard in a model's folder. */
export const DASHBOARD = 'dashboard.html';
