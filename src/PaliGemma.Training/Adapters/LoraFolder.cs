using System.Text.Json;
using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Training.Layers;
using static TorchSharp.torch;

namespace PaliGemma.Training.Adapters;

/// <summary>
/// Adapters as Hugging Face's PEFT stores them: <c>adapter_config.json</c>, and <c>adapter_model.safetensors</c> with
/// <c>base_model.model.MODULE.lora_A.weight</c> and <c>lora_B.weight</c>.
/// </summary>
public static class LoraFolder
{
    private const string ConfigName = "adapter_config.json", WeightsName = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.", DownSuffix = ".lora_A.weight", UpSuffix = ".lora_B.weight";
    private const long LongestConfig = 1 << 20;

    /// <summary>Writes the adapters of a model.</summary>
    /// <param name="folder">A folder that exists; files of these names are replaced.</param>
    /// <param name="parameters">The model's weights; all adapters have the same rank and α.</param>
    /// <param name="baseModel">What the adapters belong to, a folder or a repository.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Save(string folder, ParameterSet parameters, string baseModel)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        LoraAdapter[] adapters = [.. parameters.Adapters.Values];
        ArgumentOutOfRangeException.ThrowIfZero(adapters.Length, nameof(parameters));
        Parameter[] matrices = [.. adapters.SelectMany(adapter => (Parameter[])[adapter.Down, adapter.Up])];
        using (SafetensorsWriter writer = new(
            Path.Combine(folder, WeightsName), [.. matrices.Select(matrix => new TensorDeclaration(Prefix + matrix.Name, ElementType.Float32, matrix.Shape))]))
        {
            foreach (Parameter matrix in matrices)
            {
                StoredTensors.Write(matrix.Value, ElementType.Float32, (start, bytes) => writer.Write(Prefix + matrix.Name, start, bytes));
            }
            writer.Commit();
        }
        StagedPath.WriteFile(Path.Combine(folder, ConfigName), file => WriteConfig(file, adapters, baseModel));
    }

    /// <summary>Reads adapters and puts them beside a model's layers.</summary>
    /// <param name="folder">A folder of PEFT.</param>
    /// <param name="parameters">The weights of the model that they belong to.</param>
    /// <exception cref="ModelFileException">A file is missing or damaged, or does not fit the model.</exception>
    public static void Load(string folder, ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        (double alpha, int rank) = ReadConfig(Path.Combine(folder, ConfigName));
        using SafetensorsFile file = SafetensorsFile.Open(Path.Combine(folder, WeightsName));
        foreach (string name in file.Names.Order(StringComparer.Ordinal))
        {
            bool isDown = name.EndsWith(DownSuffix, StringComparison.Ordinal);
            if (!name.StartsWith(Prefix, StringComparison.Ordinal) || !(isDown || name.EndsWith(UpSuffix, StringComparison.Ordinal))
                || name.Length <= Prefix.Length + DownSuffix.Length)
            {
                throw new ModelFileException($"{file.Path}: tensor {name} is no part of an adapter; expected {Prefix}MODULE{DownSuffix} or {UpSuffix}.");
            }
            if (isDown)
            {
                using var scope = NewDisposeScope();
                string module = TensorNames.Canonical(name[Prefix.Length..^DownSuffix.Length]);
                Tensor down = Read(file, name), up = Read(file, name[..^DownSuffix.Length] + UpSuffix);
                if (down.shape[0] != rank || up.shape[1] != rank)
                {
                    throw new ModelFileException($"{file.Path}: the adapter of {module} has matrices of the ranks {down.shape[0]} and {up.shape[1]}; {ConfigName} says {rank}.");
                }
                Add(file.Path, parameters, module, down, up, alpha);
            }
        }
        if (parameters.Adapters.Count * 2 != file.Names.Count)
        {
            throw new ModelFileException($"{file.Path} has {file.Names.Count} tensors; expected two for each of {parameters.Adapters.Count} layers.");
        }
    }

    private static void Add(string path, ParameterSet parameters, string module, Tensor down, Tensor up, double alpha)
    {
        LoraAdapter adapter = new(module, down.to(parameters.Device), up.to(parameters.Device), alpha);
        try
        {
            parameters.Add(adapter);
        }
        catch (ArgumentException error)
        {
            adapter.Dispose();
            throw new ModelFileException($"{path}: {error.Message}", error);
        }
    }

    private static Tensor Read(SafetensorsFile file, string name)
    {
        StoredTensor stored = file.Get(name);
        return stored.Shape.Count == 2 && stored.Shape[0] > 0 && stored.Shape[1] > 0
            ? StoredTensors.ToTensor(stored, file.Path)
            : throw new ModelFileException($"{file.Path}: tensor {name} is [{string.Join(", ", stored.Shape)}]; expected a matrix.");
    }

    private static void WriteConfig(string path, LoraAdapter[] adapters, string baseModel)
    {
        using FileStream file = File.Create(path);
        using Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("base_model_name_or_path", baseModel);
        json.WriteString("bias", "none");
        json.WriteBoolean("fan_in_fan_out", false);
        json.WriteBoolean("inference_mode", true);
        json.WriteNumber("lora_alpha", adapters[0].Alpha);
        json.WriteNumber("lora_dropout", 0);
        json.WriteString("peft_type", "LORA");
        json.WriteNumber("r", adapters[0].Rank);
        json.WriteStartArray("target_modules");
        foreach (LoraAdapter adapter in adapters)
        {
            json.WriteStringValue(adapter.Module);
        }
        json.WriteEndArray();
        json.WriteString("task_type", "CAUSAL_LM");
        json.WriteEndObject();
    }

    private static (double Alpha, int Rank) ReadConfig(string path) =>
        JsonRecord.Read(ModelFile.ReadAll(path, LongestConfig), path, "", fields =>
        {
            if (fields.Object.EnumerateObject().CountBy(field => field.Name).FirstOrDefault(field => field.Value > 1).Key is string twice)
            {
                throw fields.Wrong(twice, "is given twice", "expected it once");
            }
            if (fields.RequiredText("peft_type") is string type && type != "LORA")
            {
                throw fields.Wrong("peft_type", $"is \"{type}\"", "expected \"LORA\"");
            }
            if (fields.Flag("use_dora", false))
            {
                throw fields.Wrong("use_dora", "is true", "expected plain LoRA");
            }
            foreach (string name in (ReadOnlySpan<string>)["alpha_pattern", "rank_pattern"])
            {
                if (fields.TryGet(name, out JsonElement pattern) && !(pattern.ValueKind == JsonValueKind.Object && !pattern.EnumerateObject().Any()))
                {
                    throw fields.Wrong(name, $"is {pattern.GetRawText()}", "expected {}: one rank and one alpha for all layers");
                }
            }
            int rank = fields.Integer("r", 1, 1 << 16, null);
            double alpha = fields.Positive("lora_alpha", 8);
            return (fields.Flag("use_rslora", false) ? alpha * Math.Sqrt(rank) : alpha, rank);
        });
}
