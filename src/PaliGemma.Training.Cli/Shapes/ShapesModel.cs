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
    /// <param name="recipe">Sizes and seed.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public static void Write(string folder, ShapesRecipe recipe)
    {
        LearnedTokenizer tokenizer = LearnedTokenizer.Learn(Corpus(recipe.Seed), MostMerges);
        tokenizer.Write(folder);
        PaliGemmaConfig config = CreateConfig(recipe, tokenizer.PieceCount);
        PaliGemmaConfigWriter.Write(folder, config);
        IReadOnlyList<LayoutEntry> layout = TensorLayout.Of(config);
        using ShardedSafetensorsWriter writer =
            new(folder, [.. layout.Select(entry => new TensorDeclaration(entry.Name, ElementType.Float32, entry.Shape))]);
        new RandomWeights(recipe.Seed).Write(layout, ElementType.Float32, writer);
        writer.Commit();
    }

    private static PaliGemmaConfig CreateConfig(ShapesRecipe recipe, int pieces)
    {
        int headSize = recipe.Decoder.HiddenSize / recipe.Decoder.HeadCount;
        return new PaliGemmaConfig
        {
            Vision = new SiglipVisionConfig
            {
                HiddenSize = recipe.Tower.HiddenSize,
                IntermediateSize = recipe.Tower.IntermediateSize,
                LayerCount = recipe.Tower.LayerCount,
                HeadCount = recipe.Tower.HeadCount,
                PatchSize = PatchSize,
                ImageSize = recipe.ImageSize,
            },
            Text = new GemmaConfig
            {
                Version = GemmaVersion.Gemma1,
                HiddenSize = recipe.Decoder.HiddenSize,
                IntermediateSize = recipe.Decoder.IntermediateSize,
                LayerCount = recipe.Decoder.LayerCount,
                HeadCount = recipe.Decoder.HeadCount,
                KeyValueHeadCount = recipe.Decoder.HeadCount,
                HeadSize = headSize,
                QueryPreAttentionScalar = headSize,
                VocabularySize = (pieces + RowGroup - 1) / RowGroup * RowGroup,
            },
            ImageTokenId = pieces - 1,
            ProjectionSize = recipe.Decoder.HiddenSize,
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
