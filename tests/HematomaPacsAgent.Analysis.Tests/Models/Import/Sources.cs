using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.Analysis.Tests.Models.Import;

/// <summary>Folders as nnU-Net v2 and MONAI leave them, with tiny networks of tests/golden/inference, and one thing changed where a test wants it.</summary>
internal static class Sources
{
    public static string Networks { get; } = Path.Combine(SharedFiles.Repository, "tests", "golden", "inference", "import");

    private const string Resampling = """
        "resampling_fn_data": "resample_data_or_seg_to_shape", "resampling_fn_seg": "resample_data_or_seg_to_shape",
        "resampling_fn_data_kwargs": {"is_seg": false, "order": 3, "order_z": 0, "force_separate_z": null},
        "resampling_fn_seg_kwargs": {"is_seg": true, "order": 1, "order_z": 0, "force_separate_z": null},
        "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
        "resampling_fn_probabilities_kwargs": {"is_seg": false, "order": 1, "order_z": 0, "force_separate_z": null},
        "architecture": {"network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet", "arch_kwargs": {"n_stages": 6},
          "_kw_requires_import": ["conv_op"]}
        """;

    public const string Plans = $$$"""
        {
          "dataset_name": "Dataset042_ICH", "plans_name": "nnUNetPlans",
          "original_median_spacing_after_transp": [5.0, 0.449, 0.449], "original_median_shape_after_transp": [30, 512, 512],
          "image_reader_writer": "SimpleITKIO", "transpose_forward": [0, 1, 2], "transpose_backward": [0, 1, 2],
          "configurations": {
            "2d": {
              "data_identifier": "nnUNetPlans_2d", "preprocessor_name": "DefaultPreprocessor", "batch_size": 12, "patch_size": [16, 16],
              "median_image_size_in_voxels": [512.0, 512.0], "spacing": [0.449, 0.449], "normalization_schemes": ["CTNormalization"],
              "use_mask_for_norm": [false], {{{Resampling}}}, "batch_dice": true
            },
            "3d_lowres": {"inherits_from": "3d_fullres", "spacing": [5.0, 0.8, 0.7], "next_stage": "3d_cascade_fullres"},
            "3d_fullres": {
              "data_identifier": "nnUNetPlans_3d_fullres", "preprocessor_name": "DefaultPreprocessor", "batch_size": 2, "patch_size": [4, 8, 8],
              "median_image_size_in_voxels": [30.0, 512.0, 512.0], "spacing": [5.0, 0.449, 0.449], "normalization_schemes": ["CTNormalization"],
              "use_mask_for_norm": [false], {{{Resampling}}}, "batch_dice": false
            },
            "3d_cascade_fullres": {"inherits_from": "3d_fullres", "previous_stage": "3d_lowres"}
          },
          "experiment_planner_used": "ExperimentPlanner", "label_manager": "LabelManager",
          "foreground_intensity_properties_per_channel":
            {"0": {"max": 1326.0, "mean": 58.42, "median": 59.0, "min": -1024.0, "percentile_00_5": 12.0, "percentile_99_5": 93.0, "std": 15.71}}
        }
        """;

    public const string Dataset = """
        {"channel_names": {"0": "CT"}, "labels": {"background": 0, "ICH": 1, "IVH": 2, "PHE": 3}, "numTraining": 310, "file_ending": ".nii.gz"}
        """;

    public const string Metadata = """
        {
          "schema": "https://github.com/Project-MONAI/MONAI-extra-test-data/releases/download/0.8.1/meta_schema_20220324.json",
          "version": "0.3.1", "monai_version": "1.3.0", "pytorch_version": "2.1.0", "numpy_version": "1.24.4", "name": "ICH CT segmentation",
          "task": "Segmentation of intracerebral haemorrhage in CT", "description": "A 3D network for ICH.", "authors": "A site", "copyright": "A site",
          "data_source": "310 scans of a site", "data_type": "nifti", "intended_use": "Research only.",
          "network_data_format": {
            "inputs": {"image": {"type": "image", "format": "hounsfield", "modality": "CT", "num_channels": 1, "spatial_shape": [4, 8, 8], "dtype": "float32",
              "value_range": [0, 1], "is_patch_data": true, "channel_def": {"0": "image"}}},
            "outputs": {"pred": {"type": "image", "format": "segmentation", "num_channels": 4, "spatial_shape": [4, 8, 8], "dtype": "float32",
              "value_range": [0, 1], "is_patch_data": true, "channel_def": {"0": "background", "1": "hemorrhage", "2": "IVH", "3": "edema"}}}
          }
        }
        """;

    public const string Inference = """
        {
          "imports": ["$import glob"], "bundle_root": ".", "image_key": "image", "lowest": -20, "window": {"top": [120, 240]},
          "device": "$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')",
          "network_def": {"_target_": "UNet", "spatial_dims": 3, "in_channels": 1, "out_channels": 4}, "network": "$@network_def.to(@device)",
          "preprocessing": {"_target_": "Compose", "transforms": [
            {"_target_": "LoadImaged", "keys": "@image_key"},
            {"_target_": "EnsureChannelFirstd", "keys": "@image_key"},
            {"_target_": "monai.transforms.Orientationd", "keys": "@image_key", "axcodes": "RAS"},
            {"_target_": "Spacingd", "keys": "@image_key", "pixdim": [0.5, 0.6, 5.0], "mode": "bilinear"},
            {"_target_": "ScaleIntensityRanged", "keys": "@image_key", "a_min": "@lowest", "a_max": "@window::top::0", "b_min": -1, "b_max": 1, "clip": true},
            {"_target_": "EnsureTyped", "keys": "@image_key"}]},
          "inferer": {"_target_": "SlidingWindowInferer", "roi_size": [4, 8, 8], "sw_batch_size": 4, "overlap": 0.625, "mode": "gaussian",
            "device": "$@device"},
          "postprocessing": {"_target_": "Compose", "transforms": [
            {"_target_": "Activationsd", "keys": "pred", "softmax": true},
            {"_target_": "Invertd", "keys": "pred", "transform": "@preprocessing", "orig_keys": "@image_key", "nearest_interp": false, "to_tensor": true},
            {"_target_": "AsDiscreted", "keys": "pred", "argmax": true},
            {"_target_": "KeepLargestConnectedComponentd", "keys": "pred", "applied_labels": [1]},
            {"_target_": "SaveImaged", "_disabled_": true, "keys": "pred", "output_dir": "$@bundle_root + '/eval'"}]}
        }
        """;

    /// <summary>plans.json, dataset.json and the networks of two folds with their golden pairs.</summary>
    public static void Nnunet(string folder, string plans = Plans, string dataset = Dataset, params string[] networks)
    {
        File.WriteAllText(Path.Combine(folder, "plans.json"), plans);
        File.WriteAllText(Path.Combine(folder, "dataset.json"), dataset);
        foreach (string path in Directory.GetFiles(folder, "*.onnx")) File.Delete(path);
        Copy(folder, networks.Length > 0 ? networks
            : ["fold_0.onnx", "fold_0.golden.in.npy", "fold_0.golden.out.npy", "fold_1.onnx", "fold_1.golden.in.npy", "fold_1.golden.out.npy"]);
    }

    /// <summary>configs/ and models/ of a bundle with one network and its golden pair.</summary>
    public static void Monai(string folder, string inference = Inference, string metadata = Metadata, string file = "inference.json")
    {
        foreach (string part in (string[])["configs", "models"]) Directory.CreateDirectory(Path.Combine(folder, part));
        File.WriteAllText(Path.Combine(folder, "configs", "metadata.json"), metadata);
        File.WriteAllText(Path.Combine(folder, "configs", file), inference);
        Copy(Path.Combine(folder, "models"), "fold_0.onnx", "fold_0.golden.in.npy", "fold_0.golden.out.npy");
    }

    /// <summary>A text with a part exchanged, which must be there.</summary>
    public static string With(this string text, string from, string to)
    {
        Assert.Contains(from, text, StringComparison.Ordinal);
        return text.Replace(from, to, StringComparison.Ordinal);
    }

    private static void Copy(string folder, params string[] names)
    {
        foreach (string name in names) File.Copy(Path.Combine(Networks, name), Path.Combine(folder, name), overwrite: true);
    }
}
