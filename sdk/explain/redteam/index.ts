/**
 * Red-teams a soil model: eighteen checks of the model and its data, each with a number, a pass line, the rows that show it and what to do
 * about it, graded major, medium, minor or passed. See README.md here for how to read the report.
 */
export { type RedteamOptions, type RedteamOutcome, redteamSoilModel } from './audit.ts';
export { CHECKS } from './checks.ts';
export { FAILING, type Finding, type FindingTable, isAtLeast, SEVERITIES, type Severity } from './findings.ts';
