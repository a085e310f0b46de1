using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// Captions in 35 languages (google.github.io/crossmodal-3600): COCO-35L, translations of COCO's captions, and Crossmodal-3600, written by
/// people. Both have one JSON object per line; the subset is the language.
/// </summary>
internal static class TranslatedCaptions
{
    private const string Source = "en";

    /// <summary>
    /// COCO-35L's dev part in some languages. English captions stand beside each language's translations; those beside German are taken.
    /// </summary>
    public static IEnumerable<Example> ReadCoco(DatasetFolder folder, IReadOnlyList<string> languages)
    {
        Dictionary<(string Image, string Language), List<string>> captions = [];
        IEnumerable<(string, string, string)[]> lines = RecordFile.Lines(folder.Find("coco_mt_dev.jsonl"), ReadTranslation);
        foreach ((string image, string language, string caption) in lines.SelectMany(ofLine => ofLine))
        {
            if (languages.Contains(language))
            {
                if (!captions.TryGetValue((image, language), out List<string>? ofPicture))
                {
                    captions.Add((image, language), ofPicture = []);
                }
                ofPicture.Add(caption);
            }
        }
        return captions.Select(one => new Example
        {
            Id = $"{one.Key.Image}_{one.Key.Language}",
            Images = [folder.Picture($"COCO_val2014_{long.Parse(one.Key.Image, null):D12}.jpg")],
            Prompt = new CaptionPrompt(one.Key.Language).Text,
            Answers = one.Value,
            Subset = one.Key.Language,
        });
    }

    /// <summary>Crossmodal-3600 in some languages.</summary>
    public static IEnumerable<Example> ReadCrossmodal(DatasetFolder folder, IReadOnlyList<string> languages) =>
        RecordFile.Lines(folder.Find("captions.jsonl"), fields =>
        {
            string key = fields.RequiredText("image/key");
            string picture = folder.Picture($"{key}.jpg");
            return languages.Select(language => new Example
            {
                Id = $"{key}_{language}",
                Images = [picture],
                Prompt = new CaptionPrompt(language).Text,
                Answers = (fields.Child(language) ?? throw fields.Unexpected(language, "an object with captions")).Texts("caption"),
                Subset = language,
            }).ToArray();
        }).SelectMany(ofPicture => ofPicture);

    private static (string Image, string Language, string Caption)[] ReadTranslation(JsonFields fields)
    {
        string image = fields.RequiredText("image_id").Split('_')[0];
        if (!long.TryParse(image, out _))
        {
            throw fields.Unexpected("image_id", "a number and an underscore");
        }
        string language = fields.RequiredText("trg_lang");
        (string, string, string) translated = (image, language, fields.RequiredText("translation_tokenized"));
        return language == "de" ? [translated, (image, Source, fields.RequiredText("caption_tokenized"))] : [translated];
    }
}
