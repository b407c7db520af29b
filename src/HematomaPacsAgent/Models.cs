using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Prognosis;
using HematomaPacsAgent.Pipeline;

namespace HematomaPacsAgent;

/// <summary>The models that the configuration names, loaded and checked against their digests and golden outputs.</summary>
internal sealed class Models : IDisposable
{
    private Models(HematomaSegmenter segmenter, SignClassifier classifier, Nomogram nomogram) => (Segmenter, Classifier, Nomogram) = (segmenter, classifier, nomogram);

    public HematomaSegmenter Segmenter { get; }
    public SignClassifier Classifier { get; }
    public Nomogram Nomogram { get; }

    public HematomaPipeline Pipeline(ResultOptions results, TimeProvider clock) => new(Segmenter, Classifier, Nomogram, results, clock);

    /// <exception cref="ModelPackageException">A package is missing, altered or does not run here.</exception>
    /// <exception cref="NomogramException">The nomogram file is missing or refused.</exception>
    public static Models Load(ModelOptions options, InferenceDevice device)
    {
        string folder = AgentSettings.BesideProgram(options.Folder);
        HematomaSegmenter segmenter = HematomaSegmenter.Load(Path.Combine(folder, options.Segmentation), device);
        try
        {
            SignClassifier classifier = SignClassifier.Load(Path.Combine(folder, options.Signs), device);
            return new Models(segmenter, classifier, Nomogram.Load(AgentSettings.BesideProgram(options.Nomogram)));
        }
        catch
        {
            segmenter.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Segmenter.Dispose();
        Classifier.Dispose();
    }
}
