using HematomaPacsAgent.Analysis.Models;
using HematomaPacsAgent.Analysis.Prognosis;
using HematomaPacsAgent.Analysis.Radiomics;
using HematomaPacsAgent.Analysis.Radiomics.Parameters;
using HematomaPacsAgent.Pipeline;
using HematomaPacsAgent.Pipeline.Series;

namespace HematomaPacsAgent;

/// <summary>The models that the configuration names, loaded and checked against their digests and golden outputs.</summary>
internal sealed class Models : IDisposable
{
    private Models(HematomaSegmenter segmenter, SignClassifier classifier, RadiomicsParameters radiomics, Nomogram nomogram) =>
        (Segmenter, Classifier, Radiomics, Nomogram) = (segmenter, classifier, radiomics, nomogram);

    public HematomaSegmenter Segmenter { get; }
    public SignClassifier Classifier { get; }
    public RadiomicsParameters Radiomics { get; }
    public Nomogram Nomogram { get; }

    public HematomaPipeline Pipeline(SeriesRules rules, ResultOptions results, TimeProvider clock) =>
        new(Segmenter, Classifier, Radiomics, Nomogram, rules, results, clock);

    /// <exception cref="ModelPackageException">A package is missing, altered or does not run here, or the device asked for is not to be had.</exception>
    /// <exception cref="InferenceException">The process that runs models does not start, or dies.</exception>
    /// <exception cref="RadiomicsException">The parameter file of the radiomics is missing or refused.</exception>
    /// <exception cref="NomogramException">The nomogram file is missing or refused, or uses a feature that the radiomics do not have.</exception>
    public static Models Load(ModelOptions options, Inference inference)
    {
        string folder = AgentSettings.BesideProgram(options.Folder);
        HematomaSegmenter segmenter = HematomaSegmenter.Load(Path.Combine(folder, options.Segmentation), inference);
        try
        {
            SignClassifier classifier = SignClassifier.Load(Path.Combine(folder, options.Signs), inference);
            RadiomicsParameters radiomics = ParameterFile.Read(AgentSettings.BesideProgram(options.Radiomics));
            Nomogram nomogram = Nomogram.Load(AgentSettings.BesideProgram(options.Nomogram));
            CheckFeatures(nomogram, radiomics, options);
            return new Models(segmenter, classifier, radiomics, nomogram);
        }
        catch
        {
            segmenter.Dispose();
            throw;
        }
    }

    /// <summary>A feature that nobody computes would be missing in every patient.</summary>
    private static void CheckFeatures(Nomogram nomogram, RadiomicsParameters radiomics, ModelOptions options)
    {
        HashSet<string> computed = [.. FeatureDictionary.Columns(radiomics).Select(column => column.Column)];
        string[] absent = [.. nomogram.RadscoreFeatures.Where(feature => !computed.Contains(feature))];
        if (absent.Length > 0)
            throw new NomogramException($"{options.Nomogram} uses features that {options.Radiomics} does not compute: {string.Join(", ", absent)}. " +
                "Add their feature class and image type there");
    }

    public void Dispose()
    {
        Segmenter.Dispose();
        Classifier.Dispose();
    }
}
