using System.Numerics.Tensors;

namespace HematomaPacsAgent.Analysis.Models.Engine;

/// <summary>What all passes say together, on the model's grid.</summary>
/// <param name="Channels">Each [z, y, x].</param>
/// <param name="AreLogits">Or probabilities.</param>
/// <param name="Sd">Standard deviation over the passes of the hematoma's probability; null with one pass.</param>
internal sealed record EnsembleField(float[][] Channels, bool AreLogits, float[]? Sd);

/// <summary>
/// Runs the members one after another, each plain and mirrored. Mirrored passes of one member are averaged as logits (nnU-Net), members by the
/// package's rule. Memory does not grow with the number of passes.
/// </summary>
internal sealed class Ensemble
{
    private readonly ModelPackage package;
    private readonly IReadOnlyList<OnnxModel> members;
    private readonly int[] mirrors;

    public Ensemble(ModelPackage package, IReadOnlyList<OnnxModel> members)
    {
        (this.package, this.members) = (package, members);
        int axes = package.Manifest.Inferer.MirrorAxes.Sum(axis => 4 >> "zyx".IndexOf(axis));
        mirrors = [.. Enumerable.Range(0, 8).Where(set => (set & ~axes) == 0)];
    }

    public int Passes => members.Count * mirrors.Length;

    /// <param name="window">The image and its patches.</param>
    /// <param name="voxels">Of the grid.</param>
    /// <param name="passed">Shown the logits of each pass where there are several.</param>
    /// <param name="progress">Share done, 0 to 1.</param>
    public EnsembleField Run(SlidingWindow window, int voxels, Action<float[][]> passed, Action<double> progress, CancellationToken cancellation)
    {
        ModelManifest manifest = package.Manifest;
        int runs = window.Runs * Passes, ran = 0;
        bool probabilities = members.Count > 1 && manifest.Ensemble == EnsembleRule.MeanProbability;
        float[][] pass = Field();
        float[][] sum = Passes == 1 ? pass : Field(), member = probabilities && mirrors.Length > 1 ? Field() : sum;
        Spread? spread = Passes == 1 ? null : new Spread(manifest.Output, voxels);
        for (int m = 0; m < members.Count; m++)
        {
            foreach (int mirror in mirrors)
            {
                window.Run(members[m], package.PathOf(manifest.Files[m].Path), mirror, pass, () => progress((double)++ran / runs), cancellation);
                if (Passes == 1) return new EnsembleField(pass, true, null);
                passed(pass);
                spread!.Add(pass);
                if (probabilities && mirrors.Length == 1) Activations.Apply(manifest.Output.Activation, pass);
                AddTo(member, pass, 1f / (probabilities && mirrors.Length > 1 ? mirrors.Length : Passes));
            }

            if (member == sum) continue;
            Activations.Apply(manifest.Output.Activation, member);
            AddTo(sum, member, 1f / members.Count);
            foreach (float[] channel in member) Array.Clear(channel);
        }

        return new EnsembleField(sum, !probabilities, spread!.Sd());

        float[][] Field() => [.. Enumerable.Range(0, manifest.Output.Channels).Select(_ => new float[voxels])];
    }

    private static void AddTo(float[][] sum, float[][] field, float share) =>
        Parallel.For(0, sum.Length, c => TensorPrimitives.MultiplyAdd(field[c], share, sum[c], sum[c]));

    /// <summary>Mean and squared deviations of the hematoma's probability, pass by pass (Welford).</summary>
    private sealed class Spread(ModelOutput output, int voxels)
    {
        private readonly float[] mean = new float[voxels], squares = new float[voxels];
        private readonly int hematoma = output.Classes.First(c => c.Key == HematomaSegmenter.Hematoma).Index;
        private int passes;

        public void Add(float[][] logits)
        {
            passes++;
            Parallel.For(0, (voxels + 65535) / 65536, chunk =>
            {
                for (int i = chunk * 65536; i < Math.Min(voxels, (chunk + 1) * 65536); i++)
                {
                    float odds = 0; // of everything else against the hematoma
                    if (output.Activation == Activation.Sigmoid) odds = MathF.Exp(-logits[hematoma][i]);
                    else
                        for (int c = 0; c < logits.Length; c++) odds += c == hematoma ? 0 : MathF.Exp(logits[c][i] - logits[hematoma][i]);
                    float probability = 1 / (1 + odds), away = probability - mean[i];
                    mean[i] += away / passes;
                    squares[i] += away * (probability - mean[i]);
                }
            });
        }

        public float[] Sd()
        {
            TensorPrimitives.Divide(squares, passes, squares);
            TensorPrimitives.Sqrt(squares, squares);
            return squares;
        }
    }
}
