using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Models.Engine;

namespace HematomaPacsAgent.Analysis.Tests.Models.Engine;

/// <summary>Whole runs against tests/golden/inference/make.py.</summary>
public sealed class SlidingWindowTests
{
    [Fact]
    public void NnUnets_folds_mirrored_and_blended_give_the_logits_of_the_reference_and_come_back_as_there()
    {
        using TinyRun run = new(TinyPackages.NnUnet(TinyPackages.Same));
        EnsembleField field = run.Check("nnunet", 1e-4);
        Assert.True(field.AreLogits);
        Near.Equal(TinyPackages.Read("nnunet.logits"), Joined(field.Channels), 1e-4);
        Near.Equal(TinyPackages.Read("nnunet.sd"), field.Sd, 1e-4);
        Near.Equal(TinyPackages.Read("nnunet.back"), run.Back(field.Channels), 1e-4);
    }

    [Fact]
    public void A_monai_bundle_in_RAS_and_xyz_with_a_patch_longer_than_the_image_gives_the_logits_of_the_reference()
    {
        using TinyRun run = new(TinyPackages.Monai("same-a"));
        EnsembleField field = run.Check("monai", 1e-4);
        Near.Equal(TinyPackages.Read("monai.logits"), Joined(field.Channels), 1e-4);
        Near.Equal(TinyPackages.Read("monai.back"), run.Back(field.Channels), 1e-4);
    }

    [Fact]
    public void Valid_convolutions_are_shown_their_context_and_members_are_averaged_as_probabilities()
    {
        using TinyRun run = new(TinyPackages.Context(TinyPackages.Valid));
        EnsembleField field = run.Run();
        Assert.False(field.AreLogits);
        Near.Equal(TinyPackages.Read("context.probabilities"), Joined(field.Channels), 1e-4);
    }

    [Fact]
    public void Slices_with_a_neighbour_and_a_window_as_channels_in_arrays_of_x_and_y_give_the_logits_of_the_reference()
    {
        using TinyRun run = new(TinyPackages.Slices("plane"));
        Near.Equal(TinyPackages.Read("slices.logits"), Joined(run.Run().Channels), 1e-4);
    }

    [Fact]
    public void Mirrored_members_averaged_as_probabilities_are_averaged_as_logits_within_each_member()
    {
        ModelManifest manifest = TinyPackages.NnUnet(TinyPackages.Same);
        using TinyRun both = new(manifest with { Ensemble = EnsembleRule.MeanProbability }, "both");
        using TinyRun a = new(manifest with { Files = [manifest.Files[0]] }, "a");
        using TinyRun b = new(manifest with { Files = [manifest.Files[1]] }, "b");
        float[][] one = a.Run().Channels, other = b.Run().Channels;
        Activations.Apply(Activation.Softmax, one);
        Activations.Apply(Activation.Softmax, other);
        float[] mean = [.. Joined(one).Zip(Joined(other), (p, q) => (p + q) / 2)];
        Near.Equal(mean, Joined(both.Run().Channels), 1e-5);
    }

    [Fact]
    public void Patches_that_all_say_the_same_blend_to_just_that()
    {
        ModelInferer inferer = new() { Patch = [3, 7, 5], Overlap = 0.6 };
        // A valid convolution of a constant image, the pad value the same constant, says one thing everywhere; so must the blend.
        using TinyRun many = new(TinyPackages.Context("valid-a") with { Inferer = inferer with { Context = 1, PadValue = 0.25 } }, "many");
        int[] sides = [9, 20, 13];
        float[] constant = new float[9 * 20 * 13];
        Array.Fill(constant, 0.25f);
        float[][] logits = [.. Enumerable.Range(0, 3).Select(_ => new float[constant.Length])];
        new SlidingWindow(many.Manifest, new GridImage(sides, [constant], []), null).Run(many.Model, "tiny", 0, logits, () => { }, CancellationToken.None);
        Assert.All(logits, channel => Assert.All(channel, value => Assert.Equal(channel[0], value, 1e-5f)));
        Assert.NotEqual(logits[0][0], logits[1][0]);
    }

    private static float[] Joined(float[][] channels) => [.. channels.SelectMany(channel => channel)];

    /// <summary>The engine's steps one by one, on the small scan.</summary>
    private sealed class TinyRun : IDisposable
    {
        private readonly Volume scan = TinyPackages.Scan();
        private readonly ModelPackage package;
        private readonly OnnxModel[] members;
        private readonly GridPlan plan;

        public TinyRun(ModelManifest manifest, [System.Runtime.CompilerServices.CallerMemberName] string name = "")
        {
            package = ModelPackage.Load(TinyPackages.Write(manifest, "run-" + name));
            members = [.. manifest.Files.Select((_, member) => OnnxModel.Load(package, member, Inference.Cpu))];
            plan = new GridPlan(scan.Geometry, package.Manifest.Geometry, SourceBox.Whole(scan.Geometry));
        }

        public ModelManifest Manifest => package.Manifest;

        public OnnxModel Model => members[0];

        public EnsembleField Check(string golden, double tolerance)
        {
            GridImage image = GridImages.Of(scan, plan, Manifest, CancellationToken.None);
            Near.Equal(TinyPackages.Read(golden + ".image"), image.Channels[0], tolerance);
            return Run();
        }

        public EnsembleField Run()
        {
            GridImage image = GridImages.Of(scan, plan, Manifest, CancellationToken.None);
            SlidingWindow window = new(Manifest, image, null);
            return new Ensemble(package, members).Run(window, image.Channels[0].Length, _ => { }, _ => { }, TestContext.Current.CancellationToken);
        }

        public float[] Back(float[][] channels)
        {
            GridReturn back = new(plan);
            VolumeGeometry g = scan.Geometry;
            float[] all = new float[channels.Length * g.Slices * g.PixelsPerSlice];
            for (int c = 0; c < channels.Length; c++)
                for (int slice = 0; slice < g.Slices; slice++)
                {
                    ReturningSlice way = back.Slice(slice)!;
                    for (int row = 0; row < g.Rows; row++)
                        way.Row(channels[c], row, all.AsSpan(((c * g.Slices + slice) * g.Rows + row) * g.Columns, g.Columns));
                }

            return all;
        }

        public void Dispose()
        {
            foreach (OnnxModel member in members) member.Dispose();
        }
    }
}
