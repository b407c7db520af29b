using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>
/// Calibrates the voxels of a segmentation package. Samples are drawn evenly from what lies in or near a region, true or found: the rest of the head is easy,
/// and so much that it would hide what is wrong at the border.
/// </summary>
public static class SegmentationCalibration
{
    private const double NearMm = 10;
    private const int SamplesOfCase = 4000;

    /// <param name="segmenter">To calibrate; nothing of it is changed.</param>
    /// <param name="cases">Read one by one; of each at most <see cref="SamplesOfCase"/> voxels for each class are kept.</param>
    /// <param name="fittedOn">For model.json: which cases.</param>
    /// <param name="progress">A line for each case.</param>
    /// <param name="cancellation">Stops within a case.</param>
    /// <exception cref="ArgumentException">A truth mask is not on its case's grid, or the model is one of softmax.</exception>
    public static CalibrationReport Fit(HematomaSegmenter segmenter, IEnumerable<LabelledCase> cases, string fittedOn, IProgress<string>? progress,
        CancellationToken cancellation)
    {
        ModelManifest manifest = segmenter.Package.Manifest;
        if (manifest.Output.Activation != Activation.Sigmoid)
            throw new ArgumentException($"{segmenter.Package.Id} has the activation softmax, where one class's calibration would be every class's: "
                + "only sigmoid models are calibrated");
        Dictionary<string, Samples> samples = manifest.Output.Classes.ToDictionary(c => c.Key, _ => new Samples());
        int all = 0, refused = 0, used = 0;
        foreach (LabelledCase one in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            all++;
            string outcome = Take(one);
            progress?.Report($"{one.Name}: {outcome}");
        }

        return new CalibrationReport([.. manifest.Output.Classes.Select(c => samples[c.Key])
            .Zip(manifest.Output.Classes, (of, c) => ClassFit.Of(c, of.Logits, of.With, of.Without, of.Cases, fittedOn, choosePoint: false))],
            all, refused, 0, 0, used);

        string Take(LabelledCase one)
        {
            if (CaseSegmentation.Of(segmenter, one, cancellation) is not var (found, space))
            {
                refused++;
                return "not analysed";
            }

            int drawn = 0;
            foreach (ModelClass c in manifest.Output.Classes)
            {
                if (!one.Masks.TryGetValue(c.Key, out Mask? truth)) continue;
                // By the number of the case: the same cases give the same fit.
                drawn += samples[c.Key].Draw(found.Probabilities[c.Key], truth, found.Masks[c.Key],
                    ClassDecision.IsInsideOnly(manifest, c) ? space.Mask : null, new Random(all));
            }

            if (drawn > 0) used++;
            return $"{drawn} voxels";
        }
    }

    /// <summary>Of one class.</summary>
    private sealed class Samples
    {
        public LabelledLogits Logits { get; } = new();

        public int Cases { get; private set; }

        /// <summary>Cases with voxels in the class, and cases with voxels beside it.</summary>
        public int With { get; private set; }

        public int Without { get; private set; }

        public int Draw(VoxelProbability probability, Mask truth, Mask found, Mask? inside, Random random)
        {
            (float Logit, bool IsThere)[] kept = new (float, bool)[SamplesOfCase];
            int seen = 0, slices = truth.Geometry.Slices;
            for (int slice = 0; slice < slices; slice++)
            {
                bool[] near = Near(truth, found, slice);
                if (!near.Contains(true)) continue;
                float[] logits = probability.LogOddsOf(slice);
                ReadOnlySpan<bool> there = truth.Slice(slice), counted = inside is null ? near : inside.Slice(slice);
                for (int i = 0; i < near.Length; i++)
                {
                    if (!near[i] || !counted[i] || float.IsNaN(logits[i])) continue;
                    // Each voxel so far is kept with the same chance (Vitter 1985, algorithm R).
                    int place = seen < kept.Length ? seen : random.Next(seen + 1);
                    if (place < kept.Length) kept[place] = (logits[i], there[i]);
                    seen++;
                }
            }

            int count = Math.Min(seen, kept.Length);
            foreach ((float logit, bool isThere) in kept.AsSpan(0, count)) Logits.Add(logit, isThere);
            if (count > 0) Cases++;
            if (kept.Take(count).Any(one => one.IsThere)) With++;
            if (kept.Take(count).Any(one => !one.IsThere)) Without++;
            return count;
        }

        /// <summary>What lies at most <see cref="NearMm"/> to each side of either mask, in this slice or the next ones.</summary>
        private static bool[] Near(Mask truth, Mask found, int slice)
        {
            VolumeGeometry g = truth.Geometry;
            bool[] either = new bool[g.PixelsPerSlice];
            for (int at = Math.Max(0, slice - 1); at <= Math.Min(g.Slices - 1, slice + 1); at++)
                foreach (Mask mask in (Mask[])[truth, found])
                {
                    ReadOnlySpan<bool> set = mask.Slice(at);
                    for (int i = 0; i < set.Length; i++) either[i] |= set[i];
                }

            if (!either.Contains(true)) return either;
            bool[] wide = Widened(either, 1, g.Columns, g.Columns, g.Rows, (int)Math.Round(NearMm / g.ColumnSpacingMm));
            return Widened(wide, g.Columns, 1, g.Rows, g.Columns, (int)Math.Round(NearMm / g.RowSpacingMm));
        }

        /// <summary>Along one axis, whose pixels lie a step apart: set where a pixel at most so far away is.</summary>
        private static bool[] Widened(bool[] set, int step, int lineStep, int length, int lines, int reach)
        {
            bool[] wide = new bool[set.Length];
            for (int line = 0; line < lines; line++)
                for (int i = 0, last = int.MinValue / 2; i < length + reach; i++)
                {
                    if (i < length && set[line * lineStep + i * step]) last = i;
                    int at = i - reach; // all that could set it has been seen
                    if (at >= 0) wide[line * lineStep + at * step] = last >= at - reach;
                }

            return wide;
        }
    }
}
