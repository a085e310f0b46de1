using PaliGemma.Checkpoints;
using PaliGemma.Configuration;
using PaliGemma.Data.Shapes;
using PaliGemma.Tokenization;

namespace PaliGemma.Training.Cli.Shapes;

/// <summary>Makes the small model before training: a vocabulary of what is said about scenes, random weights, and smooth places.</summary>
internal static class ShapesModel
{
    /// <summary>Scenes whose texts the vocabulary is learnt from, and questions about each.</summary>
    private const int CorpusScenes = 600, CorpusQuestions = 4;

    private const int MostMerges = 2000;

    /// <summary>Side of a patch in pixels, as in the published models.</summary>
    public const int PatchSize = 14;

    /// <summary>Rows of the table of embeddings come in such groups, as in the published models.</summary>
    private const int RowGroup = 64;

    /// <summary>Writes a model folder.</summary>
    /// <param name="folder">A folder that exists and is empty.</param>
    /// <param name="model">Sizes.</param>
    /// <param name="seed">Of its weights, and of what its vocabulary is learnt from.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string folder, NewModel model, ulong seed)
    {
        LearnedTokenizer tokenizer = LearnedTokenizer.Learn(Corpus(seed), MostMerges);
        tokenizer.Write(folder);
        PaliGemmaConfig config = CreateConfig(model, tokenizer.PieceCount);
        PaliGemmaConfigWriter.Write(folder, config);
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(config);
        using ShardedSafetensorsWriter writer =
            new(folder, [.. layout.Select(entry => new TensorDeclaration(entry.Name, ElementType.Float32, entry.Shape))]);
        new RandomWeights(seed).Write(layout, ElementType.Float32, writer);
        writer.Commit();
    }

    private static PaliGemmaConfig CreateConfig(NewModel model, int pieces)
    {
        int headSize = model.Decoder.HiddenSize / model.Decoder.HeadCount;
        return new PaliGemmaConfig
        {
            Vision = new SiglipVisionConfig
            {
                HiddenSize = model.Tower.HiddenSize,
                IntermediateSize = model.Tower.IntermediateSize,
                LayerCount = model.Tower.LayerCount,
                HeadCount = model.Tower.HeadCount,
                PatchSize = PatchSize,
                ImageSize = model.ImageSize,
            },
            Text = new GemmaConfig
            {
                Version = GemmaVersion.Gemma1,
                HiddenSize = model.Decoder.HiddenSize,
                IntermediateSize = model.Decoder.IntermediateSize,
                LayerCount = model.Decoder.LayerCount,
                HeadCount = model.Decoder.HeadCount,
                KeyValueHeadCount = model.Decoder.HeadCount,
                HeadSize = headSize,
                QueryPreAttentionScalar = headSize,
                VocabularySize = (pieces + RowGroup - 1) / RowGroup * RowGroup,
            },
            ImageTokenId = pieces - 1,
            ProjectionSize = model.Decoder.HiddenSize,
            StoredType = "float32",
        };
    }

    /// <summary>What is asked and answered about scenes, without answers that consist of locations.</summary>
    private static IEnumerable<string> Corpus(ulong seed)
    {
        SceneGenerator generator = new(seed, new SceneOptions { WordShare = 0.4 });
        SceneExaminer examiner = new(seed);
        yield return "segment";
        yield return "segment";
        for (int index = 0; index < CorpusScenes; index++)
        {
            Scene scene = generator.Draw(index);
            foreach (SceneTask task in (SceneTask[])[SceneTask.Caption, SceneTask.Answer, SceneTask.Ocr, SceneTask.Detect])
            {
                for (int question = 0; question < CorpusQuestions; question++)
                {
                    SceneExample example = examiner.Ask(scene, index, task, question);
                    yield return example.Prefix;
                    if (task != SceneTask.Detect)
                    {
                        yield return example.Suffix;
                    }
                }
            }
        }
    }
}
