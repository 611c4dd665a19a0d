/**
 * The dashboard of a model: one self-contained page with a card for each latent (its images, how often and how strongly it shows, its name, its
 * nearest latents, what it does to a classifier). ../activations.ts gathers what the codes of the data say, survey.ts all that a card holds,
 * sprites.ts packs the pictures, document.ts and script.ts are the page.
 */
export { type DashboardOptions, type WrittenDashboard, writeDashboard } from './dashboard.ts';
export { DASHBOARD } from './file.ts';
