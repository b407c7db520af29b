using HematomaPacsAgent.Analysis.Evaluation;
using HematomaPacsAgent.Analysis.Models;

namespace HematomaPacsAgent.Analysis.Calibration;

/// <summary>Calibrates a sign package on the masks that a segmentation package finds, which are what it is shown in use.</summary>
public static class SignCalibration
{
    // The pipeline asks for the signs of no smaller hematoma.
    private const double SmallestMl = 0.1;

    /// <param name="segmenter">Whose masks.</param>
    /// <param name="classifier">To calibrate; nothing of it is changed.</param>
    /// <param name="cases">Read one by one, none is kept.</param>
    /// <param name="fittedOn">For model.json: which cases.</param>
    /// <param name="progress">A line for each case.</param>
    /// <param name="cancellation">Stops within a case.</param>
    /// <exception cref="ArgumentException">A truth mask is not on its case's grid.</exception>
    public static CalibrationReport Fit(HematomaSegmenter segmenter, SignClassifier classifier, IEnumerable<LabelledCase> cases, string fittedOn,
        IProgress<string>? progress, CancellationToken cancellation)
    {
        IReadOnlyList<ModelClass> signs = classifier.Package.Manifest.Output.Classes;
        Dictionary<string, LabelledLogits> samples = signs.ToDictionary(sign => sign.Key, _ => new LabelledLogits());
        int all = 0, refused = 0, without = 0, missed = 0, used = 0;
        foreach (LabelledCase one in cases)
        {
            cancellation.ThrowIfCancellationRequested();
            all++;
            string outcome = Take(one);
            progress?.Report($"{one.Name}: {outcome}");
        }

        return new CalibrationReport([.. signs.Select(sign => ClassFit.Of(sign, samples[sign.Key], samples[sign.Key].Positives, samples[sign.Key].Negatives,
            samples[sign.Key].Count, fittedOn, choosePoint: true))], all, refused, without, missed, used);

        string Take(LabelledCase one)
        {
            if (one.Signs.Count == 0 || !one.Masks.TryGetValue(HematomaSegmenter.Hematoma, out Mask? truth) || truth.IsEmpty)
                return Count(ref without, "no hematoma, or no labels of signs");
            if (CaseSegmentation.Of(segmenter, one, cancellation) is not var (found, _)) return Count(ref refused, "not analysed");
            if (found.Mask.VolumeMl < SmallestMl || !Meet(found.Mask, truth)) return Count(ref missed, "the hematoma was missed");
            (float[] logits, _) = classifier.Logits(one.Volume, found.Mask, cancellation);
            foreach (ModelClass sign in signs)
                if (one.Signs.TryGetValue(sign.Key, out bool isThere)) samples[sign.Key].Add(logits[sign.Index], isThere);
            return Count(ref used, "used");
        }
    }

    private static string Count(ref int count, string outcome)
    {
        count++;
        return outcome;
    }

    private static bool Meet(Mask a, Mask b)
    {
        for (int i = 0; i < a.Voxels.Length; i++)
            if (a.Voxels[i] && b.Voxels[i]) return true;
        return false;
    }
}
