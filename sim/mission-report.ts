/** mission/report.html: one page that tells a newcomer what was kept, what it costs, what flew, what went wrong, and what came back. */
import { html, type Markup, page, raw } from '../sdk/base/index.ts';
import type { PassRecord } from './flight-record.ts';
import type { ExampleScene, MissionFacts, Recovery } from './mission-facts.ts';
import { drawTimeline } from './timeline.ts';

/** The page, self-contained. */
export function missionReport(facts: MissionFacts): string {
  return page(
    'Mission report',
    html`<style>${raw(STYLE)}</style>
${opening(facts)}
${soilPart(facts)}
${conceptPart(facts)}
${bundlePart(facts)}
${flightPart(facts)}
${scenePart(facts)}
${smallPrint(facts)}`,
  );
}

function opening({ seed, isQuick, version, soil, pack, profile, flight, recovery }: MissionFacts): Markup {
  const { audit, powerCuts, outages, passes } = flight;
  const point = chosenPoint(soil.outcome);
  const isWhole = audit.archived === audit.produced && audit.duplicatesArchived === 0 && audit.gaps === 0;
  const cosine = recovery.at(-1)?.cosine;
  return html`<h1>Mission report</h1>
<p class="soft">nadir ${version} · seed ${seed}${isQuick ? ' · quick run: smaller models and fewer scenes than the real one' : ''}</p>
<p class="lead">A soil model was explained and cut from ${soil.outcome.full.features} features to ${point.keep}. An image concept model was trained and
distilled. Both were packed into one signed bundle and flown by a runtime with the memory of a
${profile.title} (${mib(profile.memoryLimitBytes.value)} MiB for it), over ${passes.length} passes with
${count(outages, 'link outage')} and ${count(powerCuts, 'power cut')}.
${
  isWhole
    ? html`<b>Nothing was lost and nothing came twice:</b> all ${audit.produced} frames that the board made are in the ground's archive.`
    : html`<b>Something was lost:</b> of ${audit.produced} frames made, ${audit.archived} are in the archive, ${audit.gaps} are missing, ${audit.duplicatesArchived} came twice.`
}</p>
<div class="numbers">
${figure(`${point.lossPercent >= 0 ? '+' : '−'}${Math.abs(point.lossPercent).toFixed(1)} %`, 'error of the small soil model against the full one')}
${figure(String(point.bandsRead), `spectral bands read, of ${soil.outcome.full.bandsRead}`)}
${figure(megabytes(pack.bytes), 'bundle, signed')}
${figure(`${audit.archived} / ${audit.produced}`, 'frames archived / made')}
${figure(cosine === null || cosine === undefined ? '–' : cosine.toFixed(3), 'mean cosine of the embeddings recovered on the ground')}
</div>`;
}

function soilPart({ soil }: MissionFacts): Markup {
  const { outcome, targets } = soil;
  const point = chosenPoint(outcome);
  return html`<h2>The soil model: what was kept and what it costs</h2>
<p>A forest estimates ${targets.join(', ')} from a reflectance spectrum. Trained on ${soil.rows} samples, with ${soil.setAside} more set aside for
the flight. The score is the challenge's: 0 is perfect, 1 is no better than the mean of the training data. Features were chosen inside each fold by
SHAP values, so the score of the small model is not flattered.</p>
<table><tr><th>model</th><th>score</th><th>loss</th><th>features</th><th>bands read</th></tr>
<tr><td>all features</td><td>${outcome.full.score.toFixed(3)}</td><td>–</td><td>${outcome.full.features}</td><td>${outcome.full.bandsRead}</td></tr>
${outcome.curve.map(
  (
    each,
  ) => html`<tr${each.keep === point.keep ? raw(' class="chosen"') : ''}><td>${each.keep} features${each.keep === point.keep ? ', flown' : ''}</td>
<td>${each.score.toFixed(3)}</td><td>${percent(each.lossPercent)}</td><td>${each.keep}</td><td>${each.bandsRead}</td></tr>`,
)}</table>
<figure>${raw(soil.figures.full)}<figcaption>What the full model looks at: each bar is a wavelength, its colours the transformations of the
spectrum that are read there.</figcaption></figure>
<figure>${raw(soil.figures.attribution)}<figcaption>What the flown model looks at, with far fewer bands to read: each bar is a wavelength, its colours the transformations of the
spectrum that are read there.</figcaption></figure>
<figure>${raw(soil.figures.loss)}</figure>
<p>In flight it met the ${soil.setAside} samples that no training had seen, as noisy camera patches of a few pixels. From the estimates that reached the ground:</p>
<table><tr><th>target</th><th>patches</th><th>RMSE</th><th>R²</th></tr>
${soil.inFlight.map(
  ({ target, samples, rmse, r2 }) =>
    html`<tr><td>${target}</td><td>${samples}</td><td>${rmse.toPrecision(3)}</td><td>${r2.toFixed(2)}</td></tr>`,
)}</table>`;
}

function conceptPart({ concepts }: MissionFacts): Markup {
  return html`<h2>The concept model: meaning instead of pixels</h2>
<p>An encoder turns a picture into ${concepts.embeddingLength} numbers; a Matryoshka sparse autoencoder, trained on ${concepts.trainedOn} pictures,
writes them as a few of ${concepts.latents} concepts, the strongest first, so that every prefix of the list is already a picture's meaning. ${concepts.named} concepts have
a name that their meaning bears out. On ${concepts.heldOut} pictures kept apart:</p>
<table><tr><th>concepts kept</th><th>cosine with the embedding</th><th>unexplained variance (FVU)</th></tr>
${concepts.byK.map(({ k, cosine, fvu }) => html`<tr><td>${k}</td><td>${bar(cosine)}${cosine.toFixed(3)}</td><td>${fvu.toFixed(3)}</td></tr>`)}</table>
<p>The trained encoder of ${megabytes(concepts.teacherBytes)} does not fly: a student of ${megabytes(concepts.studentBytes)} with integer weights of 2 to 7 bits
does. Its 16 strongest concepts overlap with the teacher's by ${concepts.jaccard16.toFixed(2)} (Jaccard), and its code loses
${concepts.cosineLoss < 0.001 ? 'less than 0.001' : concepts.cosineLoss.toFixed(3)} of the cosine.</p>`;
}

function bundlePart({ pack, profile, flight }: MissionFacts): Markup {
  const [budget] = pack.budgets;
  const limit = profile.memoryLimitBytes.value;
  return html`<h2>The bundle against the board</h2>
<p>Signed with Ed25519; every file is listed with its hash, and a board refuses it if one byte differs. Checked for <b>${profile.title}</b>.</p>
<table><tr><th>what</th><th>size</th><th>of the board's limit</th></tr>
<tr><td>bundle on disk</td><td>${megabytes(pack.bytes)}</td><td>–</td></tr>
${budget && html`<tr><td>memory, as budgeted</td><td>${mib(budget.peakBytes)} MiB</td><td>${bar(budget.peakBytes / limit)}${percent((100 * budget.peakBytes) / limit)}</td></tr>`}
<tr><td>memory, highest seen in flight</td><td>${mib(flight.peakRssBytes)} MiB</td><td>${bar(flight.peakRssBytes / limit)}${percent((100 * flight.peakRssBytes) / limit)}</td></tr></table>
<table><tr><th>the engine against the trainer's own output</th><th>rows</th><th>worst relative difference</th></tr>
${pack.parity.map(({ model, rows, max }) => html`<tr><td>${model}</td><td>${rows}</td><td>${max.toExponential(1)}</td></tr>`)}</table>`;
}

function flightPart({ flight, recovery, stationName, linkText }: MissionFacts): Markup {
  const { passes, audit, boots } = flight;
  return html`<h2>The flight</h2>
<p>Passes over ${stationName}. ${linkText} The board booted ${count(boots, 'time', 'times')}.</p>
<figure>${raw(drawTimeline(passes, audit.produced))}</figure>
<div class="wide"><table><tr><th>pass</th><th>scenes taken</th><th>frames offered</th><th>bytes offered</th><th>bytes carried</th><th>frames sent</th><th>retrans&shy;mitted</th>
<th>acknow&shy;ledged</th><th>duplicates dropped</th><th>lost under way</th><th>gaps left</th><th>left on board</th><th>scenes recovered</th><th>mean cosine</th></tr>
${passes.map((pass, i) => passRow(pass, recovery[i]))}</table></div>
<p class="soft">Offered: waiting on board when the pass began. Bytes carried: what came down the link, with the protocol
around it. Retransmitted: frames sent once more, in this pass or after an earlier one. Acknowledged: the ground's archive has them for good, so the board may delete them.
Lost under way: bytes in the link when it was cut. Gaps: frames that the ground knows of and does not
have yet. Cosine: embeddings recovered on the ground against the encoder's own, over the scenes that have come.</p>
<table><tr><th>stream</th><th>made on board</th><th>archived</th></tr>
${Object.entries(audit.perStream).map(([stream, n]) => html`<tr><td>${stream}</td><td>${n.produced}</td><td>${n.archived}</td></tr>`)}</table>
<p class="soft">Counted after the flight from the two files alone: the board's store and the ground's database.</p>`;
}

function passRow(pass: PassRecord, recovered: Recovery | undefined): Markup {
  return html`<tr><td>${pass.number}</td><td>${pass.scenes}</td><td>${pass.offeredFrames}</td><td>${pass.offeredBytes}</td><td>${pass.downBytes}</td><td>${pass.sentFrames}</td>
<td>${pass.retransmittedFrames}</td><td>${pass.acknowledgedFrames}</td><td>${pass.duplicatesDropped}</td><td>${pass.lostBytes} B</td><td>${pass.gaps}</td><td>${pass.waitingFrames}</td>
<td>${recovered ? `${recovered.scenes} of ${recovered.taken}` : '–'}</td><td>${recovered && recovered.cosine !== null ? recovered.cosine.toFixed(3) : '–'}</td></tr>`;
}

function scenePart({ examples }: MissionFacts): Markup {
  if (examples.length === 0) return html``;
  return html`<h2>What the ground saw</h2>
<p>Pictures that the trainer never saw. The craft sent no pixels: the names and the recovered meaning under each come from its concept code alone.
The picture is shown here for comparison.</p>
<div class="scenes">${examples.map(sceneCard)}</div>`;
}

function sceneCard({ label, jpeg, names, codeBytes, cosine }: ExampleScene): Markup {
  return html`<div class="scene"><img alt="${label}" src="data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}">
<div><b>${names.length > 0 ? names.join(', ') : 'no concept with a valid name'}</b>
<span>${codeBytes} bytes · cosine ${cosine.toFixed(3)}</span><span>data set class: ${label}</span></div></div>`;
}

function smallPrint({ flight, profile }: MissionFacts): Markup {
  return html`<h2>What was real and what was simulated</h2>
<p>Real: the data, the training, the models and their files, signatures, the flight runtime in a process of its own, the store on disk, MQTT over TCP sockets, SIGKILL as the power cut, the archive.
Simulated: time, the orbit (SGP4 over constructed elements), the link's rate, delay, outages and cuts (a TCP proxy), the spectrometer (patches grown around laboratory spectra).
The board ran on this machine's processor with the memory limit of ${profile.name}: ${mib(profile.memoryLimitBytes.value)} MiB, looked at ten times a second.</p>
${flight.failedScenes > 0 && html`<p>${flight.failedScenes} camera frames could not be worked on.</p>`}
<p class="soft">More: <a href="soil/report.html">soil model</a>, <a href="concepts/report.html">concept model</a>, <a href="mission.json">figures as JSON</a>.</p>`;
}

function chosenPoint({ curve, chosen }: MissionFacts['soil']['outcome']) {
  const point = curve.find(({ keep }) => keep === chosen);
  if (!point) throw new RangeError(`no point of the curve keeps ${chosen} features`);
  return point;
}

function figure(value: string, text: string): Markup {
  return html`<div><b>${value}</b><span>${text}</span></div>`;
}

function bar(share: number): Markup {
  const width = Math.round(90 * Math.min(1, Math.max(0, share)));
  return html`<svg class="bar" width="92" height="10" viewBox="0 0 92 10" aria-hidden="true"><rect width="92" height="10" rx="2" fill="#e9edf1"/><rect x="1" y="1" width="${width}" height="8" rx="1.5" fill="#8a4b14"/></svg>`;
}

function percent(value: number): string {
  return `${value < 0 ? '−' : ''}${Math.abs(value).toFixed(1)} %`;
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}

function count(n: number, one: string, many = `${one}s`): string {
  return `${n === 1 ? 'one' : n} ${n === 1 ? one : many}`;
}

const STYLE = `
.lead{font-size:17px;max-width:72ch}
tr.chosen td{font-weight:600;background:#faf3ec}
svg.bar{vertical-align:middle;margin-right:8px}
.wide{overflow-x:auto}.wide th{font-size:12px;line-height:1.2;vertical-align:bottom}.wide td,.wide th{padding-right:12px}
.scenes{display:grid;grid-template-columns:repeat(auto-fill,minmax(310px,1fr));gap:12px;margin:16px 0}
.scene{display:flex;gap:12px;background:var(--card);border-radius:8px;padding:10px}
.scene img{width:96px;height:96px;border-radius:4px;image-rendering:pixelated;flex:none}
.scene b{display:block;line-height:1.3;margin-bottom:4px}.scene span{display:block;color:var(--soft);font-size:13px}
.numbers div{max-width:190px}
`;
