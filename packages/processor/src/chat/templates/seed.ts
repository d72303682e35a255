/**
 * The template of the documentation page that this project ports: no system block of its own, `<image>` for a picture.
 *
 * Source: the expected strings of that page (Transformers pull request 36003); its text is the one that the conversion
 * script of the merged port (35968) writes, with `<image>` as the placeholder.
 */
export const SEED_TEMPLATE: string = `
{%- for message in messages %}
    {{- '<|im_start|>' + message['role'] + '\\n' }}
    {%- if message['content'] is string %}
        {{- message['content'] }}
    {%- else %}
        {%- for content in message['content'] %}
            {%- if content['type'] == 'image' %}
                {{- '<image>\\n' }}
            {%- elif content['type'] == 'video' %}
                {{- '<video>\\n' }}
            {%- elif content['type'] == 'text' %}
                {{- content['text'] }}
            {%- endif %}
        {%- endfor %}
    {%- endif %}
    {{- '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
`;
