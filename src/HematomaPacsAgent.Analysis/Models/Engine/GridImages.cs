namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>Prepares what the network sees: resampled, normalised, channel by channel.</summary>
internal static class GridImages
{
    public static GridImage Of(Volume volume, GridPlan plan, ModelManifest manifest, CancellationToken cancellation)
    {
        // nnU-Net clips and scales first and resamples the result; MONAI resamples Hounsfield units and scales them then.
        bool first = manifest.Normalization.Scheme == NormalizationScheme.MeanSd;
        GridResampling resampling = new(volume, plan);
        Dictionary<Normaliser, float[]> made = []; // neighbouring slices as channels show one image
        float[][] channels = new float[manifest.Input.Channels.Count][];
        for (int c = 0; c < channels.Length; c++)
        {
            Normaliser normaliser = Normaliser.For(manifest.Normalization, manifest.Input.Channels[c]);
            if (!made.TryGetValue(normaliser, out float[]? image)) made[normaliser] = image = resampling.Run(normaliser, first, cancellation);
            channels[c] = image;
        }

        int[] sides = [plan.Z.Count, plan.Y.Count, plan.X.Count];
        return new GridImage(sides, channels, manifest.Input.Layout == InputLayout.Slices
            ? [.. manifest.Input.Channels.Select(channel => Neighbours(plan, channel.OffsetMm))] : []);
    }

    /// <summary>For each slice of the grid the one nearest to a distance above it; the ends repeat.</summary>
    internal static int[] Neighbours(GridPlan plan, double offsetMm)
    {
        double along = plan.FlipZ ? -offsetMm : offsetMm;
        int direction = Math.Sign(along);
        return [.. Enumerable.Range(0, plan.Z.Count).Select(slice =>
        {
            double wanted = plan.Z.PositionMm(slice) + along;
            int at = slice;
            while (at + direction >= 0 && at + direction < plan.Z.Count && Away(at + direction) < Away(at)) at += direction;
            return at;
            double Away(int other) => Math.Abs(plan.Z.PositionMm(other) - wanted);
        })];
    }
}
